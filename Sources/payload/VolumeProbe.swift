import CLinux
import CPayload
import Glibc
import Linux

/// What a container finds in its volumes, and what it can do to them.
enum VolumeProbe {
  /// A line for each entry at and below a path: `PATH KIND MODE UID:GID`, and the text of a file or the target of a link.
  static func tree(_ path: String, depth: Int = 0) throws {
    var status = stat()
    guard lstat(path, &status) == 0 else { return try Output.line("\(path) errno \(errno)") }
    let facts = "\(String(status.st_mode & 0o7777, radix: 8)) \(status.st_uid):\(status.st_gid)"
    switch status.st_mode & S_IFMT {
    case S_IFDIR:
      try Output.line("\(path) d \(facts)")
      guard depth < 8 else { return }
      for name in try Dump.entryNames(path) { try tree("\(path)/\(name)", depth: depth + 1) }
    case S_IFLNK: try Output.line("\(path) l \(facts) \(Dump.linkTarget(path))")
    case S_IFREG: try Output.line("\(path) f \(facts) \(text(path))")
    default: try Output.line("\(path) ? \(facts)")
    }
  }

  private static func text(_ path: String) -> String {
    do throws(SyscallError) {
      let bytes = try readRegularFile(AT_FDCWD, path, limit: 65_536)
      return String(decoding: bytes.prefix { $0 != 0x0a }, as: UTF8.self)
    } catch {
      return "errno \(error.errno)"
    }
  }

  /// Steps with a `,` between them, each of which says how it ended: `write PATH TEXT`, `make PATH`, `link TARGET PATH`,
  /// `rename PATH PATH`, `remove PATH`, `fill PATH MIB`, `mode PATH`.
  static func attempt(_ arguments: [String]) throws {
    for words in arguments.split(separator: ",") {
      let step = Array(words)
      guard step.count >= 2 else { throw Payload.Failure(text: "a step needs a path\n", status: 2) }
      try Output.line(step.joined(separator: " ") + ": " + outcome(step[0], step[1], step.count > 2 ? step[2] : ""))
    }
  }

  private static func outcome(_ verb: String, _ first: String, _ second: String) throws -> String {
    switch verb {
    case "write": Outcome.of { () throws(SyscallError) in try write(first, Array(second.utf8)) }
    case "fill":
      Outcome.of { () throws(SyscallError) in
        try write(first, [UInt8](repeating: 1, count: 1 << 20), times: Int(second) ?? 1)
      }
    case "make": Outcome.of { mkdir(first, 0o777) }
    case "link": Outcome.of { symlink(first, second) }
    case "rename": Outcome.of { rename(first, second) }
    case "remove": Outcome.of { remove(first) }
    case "mode": Outcome.of { Glibc.chmod(first, 0o777) }
    default: throw Payload.Failure(text: "unknown step \(verb)\n", status: 2)
    }
  }

  private static func write(_ path: String, _ bytes: [UInt8], times: Int = 1) throws(SyscallError) {
    let file = try openAt(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
    for _ in 0..<times { try writeAll(file.raw, bytes) }
  }
}
