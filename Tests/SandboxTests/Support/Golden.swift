import Foundation
import Testing

/// Reviewed files beside the tests.
enum Golden {
  static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Golden").path

  /// Compares with a reviewed file. `SWIFTLET_WRITE_GOLDEN=1` writes it instead, for review.
  static func compare(_ lines: [String], _ name: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let path = directory + "/" + name
    let text = lines.joined(separator: "\n") + "\n"
    if Environment["SWIFTLET_WRITE_GOLDEN"] == "1" {
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      return
    }
    guard let expected = try? String(contentsOfFile: path, encoding: .utf8) else {
      // Whole on standard output, where it can be taken from for review.
      print("---- \(name)\n\(text)---- end of \(name)")
      Issue.record("there is no reviewed file \(path): review what was printed", sourceLocation: sourceLocation)
      return
    }
    let difference = lines.difference(from: expected.split(separator: "\n").map(String.init))
    for change in difference {
      switch change {
      case .remove(let line, let text, _):
        Issue.record("\(name):\(line + 1) is gone: \(text)", sourceLocation: sourceLocation)
      case .insert(_, let text, _): Issue.record("\(name) does not have: \(text)", sourceLocation: sourceLocation)
      }
    }
    if !difference.isEmpty { print("---- \(name)\n\(text)---- end of \(name)") }
  }
}
