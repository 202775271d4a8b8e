import ArchiveTestKit
import Glibc
import Linux

@testable import Images

/// What a command of swiftlet did to files and when it made that safe, as strace(1) saw it: the calls that succeeded, in
/// the order in which they ended.
struct FileCalls {
  struct Call {
    var process: Substring
    /// The call's name, or `exited`.
    var name: String
    /// The directories and files behind its descriptors, then the names that it was given, each with its directory.
    var paths: [String]
    var text: String
  }

  static let tracer = "/usr/bin/strace"
  private static let traced =
    "execve,renameat,renameat2,fsync,fdatasync,syncfs,unlinkat,mkdirat,openat,openat2,fsetxattr"

  var calls: [Call] = []

  /// Runs a command, which must succeed.
  init(_ scratch: Scratch, _ arguments: [String]) throws {
    let log = scratch.path + "/trace-\(randomName())"
    let command = [builtProgram("swiftlet")] + arguments
    let pid = try spawnProgram(
      Self.tracer,
      arguments: [Self.tracer, "-f", "-y", "-q", "-s", "4096", "-e", "signal=none", "-e", "trace=" + Self.traced]
        + ["-o", log] + command,
      environment: ["PATH=/usr/bin:/bin"],
      descriptors: [-1, -1, 2]
    )
    var status: Int32 = 0
    waitpid(pid, &status, 0)
    if status != 0 { throw SyscallError("swiftlet \(arguments)", ECHILD) }
    var halves: [Substring: Substring] = [:]
    let text = String(decoding: try readRegularFile(AT_FDCWD, log, limit: 64 << 20), as: UTF8.self)
    for line in text.split(separator: "\n") {
      let process = line.prefix { $0 != " " }
      let rest = line.dropFirst(process.count).drop { $0 == " " }
      if let end = rest.firstRange(of: " <unfinished ...>") {
        halves[process] = rest[..<end.lowerBound]
      } else if rest.hasPrefix("<... "), let end = rest.firstRange(of: " resumed>") {
        add(process, (halves.removeValue(forKey: process) ?? "") + String(rest[end.upperBound...]))
      } else {
        add(process, String(rest))
      }
    }
  }

  private mutating func add(_ process: Substring, _ text: String) {
    if text.hasPrefix("+++ ") {
      calls.append(Call(process: process, name: "exited", paths: [], text: text))
      return
    }
    guard let result = text.matches(of: /\) += (-?[0-9]+)/).last, !result.1.hasPrefix("-") else { return }
    let arguments = text[..<result.range.lowerBound]
    let places = arguments.matches(of: /[0-9D]<([^>]*)>/).map { String($0.1) }
    let names = arguments.matches(of: /"([^"]*)"/).map { String($0.1) }
    let named = names.enumerated().map { index, name in
      name.hasPrefix("/") || index >= places.count ? name : places[index] + "/" + name
    }
    calls.append(Call(process: process, name: String(text.prefix { $0 != "(" }), paths: places + named, text: text))
  }

  /// The positions of the calls that a test is about.
  func positions(_ matches: (Call) -> Bool) -> [Int] { calls.indices.filter { matches(calls[$0]) } }

  /// When a file or directory was synced.
  func syncs(of path: String) -> [Int] { positions { $0.name == "fsync" && $0.paths == [path] } }

  /// Renames to or from a folder.
  func renames(to folder: String) -> [Int] { positions { $0.name == "renameat" && $0.paths[1] == folder } }
  func renames(from folder: String) -> [Int] { positions { $0.name == "renameat" && $0.paths[0] == folder } }
}
