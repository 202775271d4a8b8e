import Foundation

/// What a container saw of its sandbox (`payload dump`), without what differs from one container to the next.
struct SandboxView: Equatable {
  let lines: Set<String>

  init?(_ output: String) {
    guard let start = output.firstIndex(of: "{"),
      let value = try? JSONSerialization.jsonObject(with: Data(output[start...].utf8)) as? [String: Any]
    else { return nil }
    var lines: Set<String> = []
    Self.collect("", value, &lines)
    self.lines = lines
  }

  /// What one has and the other has not.
  func differences(from other: SandboxView) -> [String] {
    lines.subtracting(other.lines).map { "only here: \($0)" }.sorted()
      + other.lines.subtracting(lines).map { "only in the untouched container: \($0)" }.sorted()
  }

  private static func collect(_ path: String, _ value: Any, _ lines: inout Set<String>) {
    switch value {
    case let object as [String: Any]: for (key, member) in object { collect("\(path).\(key)", member, &lines) }
    case let list as [Any]: for member in list { collect(path, flat(member), &lines) }
    default: lines.insert("\(path) = \(stable(path, "\(value)"))")
    }
  }

  /// A device or descriptor on one line.
  private static func flat(_ value: Any) -> Any {
    guard let object = value as? [String: Any] else { return value }
    return object.keys.sorted().map { "\($0)=\(stable("", "\(object[$0] ?? "")"))" }.joined(separator: " ")
  }

  private static func stable(_ path: String, _ text: String) -> String {
    switch path {
    // Mount and parent numbers, and the number of an anonymous device.
    case ".mountinfo":
      return text.split(separator: " ").dropFirst(3).joined(separator: " ").replacing(
        #/work/fd/\d+|fd/\d+/#,
        with: "fd"
      )
    case ".status.SigQ": return ""
    default: break
    }
    // Inodes of pipes and namespaces, names of pods.
    return text.replacing(#/\[\d+\]/#, with: "[]").replacing(#/crash-\d+/#, with: "crash")
      .replacing(#/pipe:\d+/#, with: "pipe")
  }
}
