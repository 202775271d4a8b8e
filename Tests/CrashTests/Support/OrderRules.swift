import Glibc
import RuntimeAPI

/// The rules of a start, as checks on the calls of one child. Each gives what is wrong, as lines for a person.
struct OrderRules {
  let calls: [TracedCall]

  init(_ calls: [TracedCall]) { self.calls = calls }

  /// A call that must be there.
  struct Pattern: Sendable {
    var what: String
    var matches: @Sendable (TracedCall) -> Bool

    init(_ what: String, _ matches: @escaping @Sendable (TracedCall) -> Bool) {
      self.what = what
      self.matches = matches
    }

    init(_ name: String) { self.init(name) { $0.name == name } }

    static func prctl(_ option: UInt64, _ what: String, _ argument: UInt64? = nil) -> Pattern {
      Pattern(what) {
        $0.name == "prctl" && $0.arguments[0] == option && (argument == nil || $0.arguments[1] == argument)
      }
    }

    static let deathSignal = prctl(1, "PR_SET_PDEATHSIG(SIGKILL)", UInt64(SIGKILL))
    static let notDumpable = prctl(4, "PR_SET_DUMPABLE(0)", 0)
    static let keepCapabilities = prctl(8, "PR_SET_KEEPCAPS", 1)
    static let dropBounding = prctl(24, "PR_CAPBSET_DROP")
    static let noNewPrivileges = prctl(38, "PR_SET_NO_NEW_PRIVS", 1)
    static let ambient = prctl(47, "PR_CAP_AMBIENT")
    static let score = Pattern("write of oom_score_adj") {
      $0.name == "openat" && $0.texts == ["/proc/self/oom_score_adj"] && $0.arguments[2] & 3 == 1
    }
    static let filter = Pattern("seccomp(SET_MODE_FILTER)") { $0.name == "seccomp" && $0.arguments[0] == 1 }
    static let closeAll = Pattern("close_range(5…)") {
      $0.name == "close_range" && $0.arguments[0] == 5 && UInt32(truncatingIfNeeded: $0.arguments[1]) == .max
        && $0.arguments[2] == 0
    }
    static let closeOnExec = Pattern("close_range(3…, CLOEXEC)") {
      $0.name == "close_range" && $0.arguments[0] == 3 && UInt32(truncatingIfNeeded: $0.arguments[1]) == .max
        && $0.arguments[2] == 4
    }
    static let restOfSignals = Pattern("rt_sigprocmask") { $0.name == "rt_sigprocmask" }
  }

  /// Each pattern is there, succeeded, and comes after every call that matches the one before it.
  func sequence(_ patterns: [Pattern]) -> [String] {
    var problems: [String] = []
    var last = -1
    for pattern in patterns {
      let found = calls.indices.filter { pattern.matches(calls[$0]) && $0 > last }
      guard let first = found.first else {
        let anywhere = calls.indices.filter { pattern.matches(calls[$0]) }
        problems.append(
          anywhere.isEmpty ? "\(pattern.what) is missing" : "\(pattern.what) comes at \(anywhere), before \(last)"
        )
        continue
      }
      for index in found.prefix(1) where (calls[index].result ?? 0) < 0 {
        problems.append("\(pattern.what) failed: \(calls[index])")
      }
      last = first
    }
    return problems
  }

  private func indices(_ pattern: Pattern) -> [Int] { calls.indices.filter { pattern.matches(calls[$0]) } }

  /// Every call of one kind comes before every call of the other.
  private func all(_ first: Pattern, before second: Pattern) -> [String] {
    guard let last = indices(first).last, let next = indices(second).first, last > next else { return [] }
    return ["\(calls[last]) comes after \(calls[next])"]
  }

  /// R7, R9 and the beginning of R11.
  func firstHalf() -> [String] {
    sequence([
      .restOfSignals, .score, .notDumpable, .deathSignal, Pattern("keyctl"), Pattern("setsid"),
      Pattern("mount_setattr(/, private)") { $0.name == "mount_setattr" && $0.texts == ["/"] }, Pattern("fsopen"),
      Pattern("pivot_root"), Pattern("umount2"), .closeAll,
    ]) + all(.score, before: .notDumpable) + all(Pattern("fsopen"), before: Pattern("pivot_root"))
  }

  /// R11, R12, R14, R15: below the root everything is by descriptor, and nobody's path is opened for writing.
  func filesystem() -> [String] {
    var problems: [String] = []
    guard let attached = calls.firstIndex(where: { $0.name == "move_mount" }),
      let pivoted = calls.firstIndex(where: { $0.name == "pivot_root" })
    else { return ["no root was attached, or none was entered"] }
    for (index, call) in calls.enumerated() {
      switch call.name {
      case "openat", "open":
        let isAbsolute = call.texts.first?.hasPrefix("/") == true
        let writes = call.arguments[call.name == "open" ? 1 : 2] & 3 != 0
        if isAbsolute && writes && call.texts != ["/proc/self/oom_score_adj"] {
          problems.append("\(call) opens a path for writing")
        }
        // pivotRoot itself keeps the old root open.
        if index > attached && index < pivoted && isAbsolute && call.texts != ["/"] {
          problems.append("\(call) opens a path beside the root")
        }
      case "openat2" where index < pivoted:
        // RESOLVE_NO_MAGICLINKS or RESOLVE_NO_SYMLINKS, with RESOLVE_BENEATH or RESOLVE_IN_ROOT.
        if call.flags & 0x06 == 0 || call.flags & 0x18 == 0 {
          problems.append("\(call) may leave the root: \(call.flags)")
        }
      case "move_mount" where index > attached:
        if call.texts != ["", ""] { problems.append("\(call) is not by descriptor") }
      case "mknodat", "symlinkat", "mkdirat", "fchownat", "unlinkat":
        let directory = call.arguments[call.name == "symlinkat" ? 1 : 0]
        if Int32(truncatingIfNeeded: directory) < 0 || call.texts.last?.contains("/") == true {
          problems.append("\(call) is not a name in an open directory")
        }
      case "mount", "chroot", "mkdir", "mknod", "symlink": problems.append("\(call) takes a path")
      default: break
      }
    }
    return problems
  }

  /// R17 to R21: what is lost goes in the one order in which all of it can be lost.
  func secondHalf(_ box: Box, waits: Bool) -> [String] {
    let hasNoNewPrivileges = box.specification.process.noNewPrivileges
    var patterns: [Pattern] = [.closeAll, Pattern("prlimit64"), .dropBounding]
    if !hasNoNewPrivileges { patterns.append(.filter) }
    patterns += [
      .keepCapabilities, Pattern("setgroups"), Pattern("setresgid"), Pattern("setresuid"), Pattern("getresuid"),
      Pattern("getresgid"), Pattern("capset"), .ambient, .deathSignal, Pattern("getcwd"),
    ]
    if waits { patterns += [Pattern("write"), Pattern("read")] }
    patterns.append(.closeOnExec)
    if hasNoNewPrivileges { patterns += [.noNewPrivileges, .filter] }
    patterns.append(Pattern("execve"))
    var problems = sequence(patterns)
    problems += all(.dropBounding, before: Pattern("setresuid")) + all(Pattern("chdir"), before: Pattern("getcwd"))
    problems +=
      all(Pattern("setgroups"), before: Pattern("setresgid")) + all(Pattern("setresgid"), before: Pattern("setresuid"))
    for (what, pattern, count) in [
      ("a filter", Pattern.filter, 1), ("a death signal", .deathSignal, 2), ("execve", Pattern("execve"), 1),
    ]
    where indices(pattern).count != count {
      problems.append("\(what) \(indices(pattern).count) times instead of \(count)")
    }
    if hasNoNewPrivileges, let filter = indices(.filter).last {
      problems += calls[(filter + 1)...].filter { $0.name != "execve" }.map { "\($0) comes after the filter" }
    }
    if !hasNoNewPrivileges { problems += all(.filter, before: Pattern("capset")) }
    return problems
  }

  /// R24: only the PID namespace is joined before the clone, because the cgroup namespace must not be.
  func sessionHelper() -> [String] {
    sequence([
      .notDumpable, Pattern("setns(CLONE_NEWPID)") { $0.name == "setns" && $0.arguments[1] == 0x2000_0000 },
      // CLONE_PARENT and CLONE_INTO_CGROUP.
      Pattern("clone3") { $0.name == "clone3" && $0.flags & 0x2_0000_8000 == 0x2_0000_8000 },
    ]) + calls.filter { $0.name == "setns" && $0.arguments[1] != 0x2000_0000 }.map { "\($0) joins more" }
  }

  /// The session itself. Its helper was not dumpable, so that it never was.
  func sessionFirstHalf() -> [String] {
    sequence([
      .notDumpable, .deathSignal, .restOfSignals, .score, Pattern("keyctl"), Pattern("setsid"),
      Pattern("setns(CLONE_NEWNS | CLONE_NEWCGROUP)") { $0.name == "setns" && $0.arguments[1] == 0x0202_0000 },
      Pattern("chdir") { $0.name == "chdir" && $0.texts == ["/"] }, .closeAll,
    ])
  }
}
