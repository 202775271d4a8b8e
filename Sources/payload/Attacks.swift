import CLinux
import CPayload
import Glibc
import Linux

/// What a hostile container does while others are started or executed into it.
enum Attacks {
  /// SEC-03: attaches to every process that appears and reads where its descriptors lead. Prints a line per success,
  /// `attached PID NAME` or `descriptor PID FD TARGET`, and at the end `scanned N`.
  static func scan(seconds: Int) throws {
    let own = getpid()
    var scanned = 0
    var known: Set<String> = []
    try Output.line("ready")
    try repeatedly(seconds) {
      for pid in try processes() where pid != own {
        scanned += 1
        if pl_ptrace_seize(pid) == 0 {
          // Stopped before its name is read: a process that was attached before its execve must not be shown under the
          // name that it gets by it.
          let stopped = pl_ptrace_stop(pid) == 0
          // One that ended meanwhile has no name.
          let name = stopped ? try? readKernelFile(AT_FDCWD, "/proc/\(pid)/comm") : nil
          if known.insert("\(pid)").inserted { try Output.line("attached \(pid) \(name ?? "?")") }
          if stopped { pl_ptrace_detach(pid) }
        }
        // Refusal is the expected answer here.
        let descriptors = try? Dump.entryNames("/proc/\(pid)/fd")
        for descriptor in descriptors ?? [] {
          let target = Dump.linkTarget("/proc/\(pid)/fd/\(descriptor)")
          if !target.hasPrefix("errno"), known.insert("\(pid) \(descriptor) \(target)").inserted {
            try Output.line("descriptor \(pid) \(descriptor) \(target)")
          }
        }
      }
    }
    try Output.line("scanned \(scanned)")
  }

  /// Attaches to every process that appears and never listens to the kernel again: whoever started it is not told of its end
  /// (ptrace(2)). With `atExit` it does not even get that far. Prints `held PID` for each, and at the end `held N`.
  static func hold(atExit: Bool, seconds: Int) throws {
    let own = getpid()
    var held: Set<Int32> = []
    try Output.line("ready")
    try repeatedly(seconds) {
      for pid in try processes() where pid != own && !held.contains(pid) {
        if (atExit ? pl_ptrace_seize_exit(pid) : pl_ptrace_seize(pid)) == 0 {
          held.insert(pid)
          try Output.line("held \(pid)")
        }
      }
    }
    try Output.line("held \(held.count) in all")
  }

  /// SEC-01: opens the programs of all processes for writing, directly and through a descriptor held open. Prints
  /// `opened PID TARGET` for every success, and at the end `tried N opened M`.
  static func openPrograms(seconds: Int) throws {
    var (tried, opened) = (0, 0)
    try Output.line("ready")
    try repeatedly(seconds) {
      for pid in try processes() {
        let path = "/proc/\(pid)/exe"
        let place = lx_openat2(AT_FDCWD, path, UInt64(LX_O_PATH), 0, 0)
        for attempt in [path, "/proc/self/fd/\(place)"] where place >= 0 || attempt == path {
          for access in [O_RDWR, O_WRONLY, O_WRONLY | O_TRUNC] {
            tried += 1
            let descriptor = open(attempt, access | O_CLOEXEC)
            if descriptor >= 0 {
              opened += 1
              try Output.line("opened \(pid) \(Dump.linkTarget("/proc/self/fd/\(descriptor)"))")
              close(descriptor)
            }
          }
        }
        if place >= 0 { close(place) }
      }
    }
    try Output.line("tried \(tried) opened \(opened)")
  }

  private static func repeatedly(_ seconds: Int, _ body: () throws -> Void) throws {
    let end = Clock.monotonicNanoseconds() + Int64(seconds) * 1_000_000_000
    repeat { try body() } while Clock.monotonicNanoseconds() < end
  }

  private static func processes() throws(SyscallError) -> [Int32] {
    try Dump.entryNames("/proc").compactMap { Int32($0) }
  }
}
