import Foundation
import Glibc
import Linux
import RuntimeAPI

/// What a runtime's commands said of their failure, in the file of `--log` with `--log-format json`.
struct CommandLog {
  private let path: String

  init(_ path: String) { self.path = path }

  private struct Entry: Decodable {
    var level: String
    var msg: String
  }

  /// The last error; `nil` if there is none that can be understood.
  var message: String? {
    // A command that failed before it opened its log leaves none.
    guard let bytes = try? readRegularFile(AT_FDCWD, path, limit: 1 << 20) else { return nil }
    return bytes.split(separator: UInt8(ascii: "\n")).reversed().lazy
      // Lines of other forms say nothing to us.
      .compactMap { try? JSONDecoder().decode(Entry.self, from: Data($0)) }
      .first { $0.level == "error" || $0.level == "fatal" }?.msg
  }

  /// A failed command's error with the runtime's own words, and as what it means where that can be told.
  func explain(_ error: RuntimeError) -> RuntimeError {
    guard case .failed(let step, let code, let detail) = error, step.hasSuffix("by command"), let message else {
      return error
    }
    if let (program, errno) = Self.missingProgram(message) { return .cannotExecute(program: program, errno: errno) }
    return .failed(step: step, errno: code, detail: "\(detail): \(message)")
  }

  /// crun: ``executable file `x` not found in $PATH: No such file or directory``, ``open executable: Permission denied``;
  /// runc: `exec: "x": executable file not found in $PATH`, `exec: "x": permission denied`.
  static func missingProgram(_ message: String) -> (String, Int32)? {
    let text = message.lowercased()
    guard text.contains("executable") || text.contains("exec:") || text.contains("execve") else { return nil }
    let program =
      message.split(separator: "`").dropFirst().first.map(String.init)
      ?? message.split(separator: "\"").dropFirst().first.map(String.init) ?? "the program"
    if text.contains("permission denied") { return (program, EACCES) }
    if text.contains("not found") || text.contains("no such file") { return (program, ENOENT) }
    return nil
  }
}
