import CSeccomp
import CTrace
import Glibc

/// A system call of a supervisor or of one of its children, as it was about to be made.
struct TracedCall: CustomStringConvertible {
  /// Who makes it.
  enum Caller: Hashable, CustomStringConvertible {
    case supervisor
    /// Its children, counted in the order in which they were seen.
    case child(Int)

    var description: String {
      switch self {
      case .supervisor: "the supervisor"
      case .child(let number): "child \(number)"
      }
    }
  }

  var caller: Caller
  var pid: Int32
  /// Position among all calls of this caller since tracing began.
  var index: Int
  /// Position among the calls of this caller with this name.
  var occurrence: Int
  var name: String
  var arguments: [UInt64]
  /// The strings that it points to, in their order.
  var texts: [String] = []
  /// `openat2`: the resolve flags. `clone3`: the flags.
  var flags: UInt64 = 0
  /// What it came to; `nil` if nothing did, as for a successful execve.
  var result: Int64?

  var description: String {
    let texts = texts.isEmpty ? "" : " \(texts)"
    return
      "\(caller) call \(index): \(name)(\(arguments.prefix(4).map { String($0, radix: 16) }.joined(separator: ", ")))"
      + texts + (result.map { " = \($0)" } ?? "")
  }
}

/// Names of this machine's system calls.
enum CallNames {
  static func name(_ number: UInt64) -> String {
    guard let text = seccomp_syscall_resolve_num_arch(0, Int32(truncatingIfNeeded: number)) else {
      return "call-\(number)"
    }
    defer { free(text) }
    return String(cString: text)
  }
}

/// Which arguments of a system call point to strings.
enum CallStrings {
  private static let positions: [String: [Int]] = [
    "openat": [1], "openat2": [1], "open_tree": [1], "move_mount": [1, 3], "mount_setattr": [1], "fsopen": [0],
    "fsconfig": [2], "mkdirat": [1], "mkdir": [0], "mknodat": [1], "symlinkat": [0, 2], "chdir": [0], "execve": [0],
    "readlink": [0], "readlinkat": [1], "unlinkat": [1], "open": [0], "stat": [0], "newfstatat": [1], "chown": [0],
    "chmod": [0], "fchownat": [1], "mount": [0, 1, 2], "umount2": [0], "pivot_root": [0, 1], "sethostname": [0],
    "renameat": [1, 3], "renameat2": [1, 3], "fchmodat": [1], "rmdir": [0], "unlink": [0],
  ]

  static func read(_ name: String, _ stop: ct_stop) -> (texts: [String], flags: UInt64) {
    var arguments = stop.arguments
    return withUnsafeBytes(of: &arguments) { raw in
      let values = raw.bindMemory(to: UInt64.self)
      var wanted = positions[name] ?? []
      // KEYCTL_JOIN_SESSION_KEYRING names it; FSCONFIG_SET_STRING has a value.
      if name == "keyctl" && values[0] == 1 { wanted = [1] }
      if name == "fsconfig" && values[1] == 1 { wanted = [2, 3] }
      var flags: UInt64 = 0
      // Flags of a struct clone_args.
      if name == "clone3" {
        withUnsafeMutableBytes(of: &flags) { _ = ct_bytes(stop.pid, values[0], $0.baseAddress, 8) }
      }
      if name == "openat2" {
        withUnsafeMutableBytes(of: &flags) { _ = ct_bytes(stop.pid, values[2] + 16, $0.baseAddress, 8) }
      }
      return (wanted.map { string(stop.pid, values[$0]) }, flags)
    }
  }

  private static func string(_ pid: Int32, _ address: UInt64) -> String {
    var buffer = [CChar](repeating: 0, count: 512)
    let count = ct_string(pid, address, &buffer, buffer.count)
    return count < 0 ? "?" : String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
