import RuntimeAPI

@testable import Privileges

/// Profiles and calls for property tests.
enum RandomProfile {
  static let operators: [SeccompOperator] = [
    .notEqual, .less, .lessOrEqual, .equal, .greaterOrEqual, .greater, .maskedEqual,
  ]

  /// No call that a 32-bit machine multiplexes through `socketcall` or `ipc`: libseccomp drops their conditions there.
  static let names = [
    "read", "write", "close", "mmap", "clone", "prctl", "ioctl", "fcntl", "personality", "futex", "openat", "execve",
    "kill", "mseal", "statmount", "removexattrat", "uretprobe", "getpid", "chmod", "io_uring_setup", "open_tree_attr",
  ]

  static let actions: [SeccompAction] = [.kill, .killProcess, .killThread, .trap, .errno, .trace, .allow, .log]

  static func value(_ random: inout SeededGenerator) -> UInt64 {
    switch random.next() % 4 {
    case 0: random.next() % 8
    case 1: 0xffff_fff8 &+ random.next() % 16
    case 2: (random.next() % 3) << 32 | random.next() % 4
    default: random.next()
    }
  }

  static func argument(_ index: UInt32, _ random: inout SeededGenerator) -> SeccompArgument {
    let operation = operators[Int(random.next() % 7)]
    let value = value(&random)
    return SeccompArgument(
      index: index,
      value: value,
      valueTwo: operation == .maskedEqual ? value & random.next() : 0,
      op: operation
    )
  }

  static func make(_ random: inout SeededGenerator) -> SeccompProfile {
    let actions = Self.actions
    func action() -> (SeccompAction, UInt32?) {
      let action = actions[Int(random.next() % 8)]
      let takesErrno = (action == .errno || action == .trace) && random.next() & 1 == 0
      return (action, takesErrno ? UInt32(random.next() % 200) : nil)
    }
    let (defaultAction, defaultErrno) = action()
    // One action for all: rules that contradict each other are another test's subject.
    let (ruleAction, ruleErrno) = action()
    let rules = (0..<random.next() % 12).map { _ in
      let indices = (0..<UInt32(6)).filter { _ in random.next() % 4 == 0 }.shuffled(using: &random)
      return SeccompRule(
        names: names.filter { _ in random.next() % 5 == 0 } + ["getppid"],
        action: ruleAction,
        errnoRet: ruleErrno,
        args: random.next() & 1 == 0 ? [] : indices.map { argument($0, &random) }
      )
    }
    return SeccompProfile(defaultAction: defaultAction, defaultErrnoRet: defaultErrno, syscalls: rules)
  }

  static func call(
    _ random: inout SeededGenerator,
    _ profile: SeccompProfile,
    _ platform: SeccompPlatform
  ) -> Call {
    let architecture = platform.architectures[Int(random.next() % UInt64(platform.architectures.count))]
    var number = UInt32(random.next() % 600) | architecture.numberBit
    if random.next() & 1 == 0, let name = names.randomElement(using: &random) {
      number = SyscallNumbers.number(of: name, on: architecture) ?? number
    }
    let conditions = profile.syscalls.flatMap(\.args)
    let arguments = (0..<6).map { index -> UInt64 in
      let near = conditions.filter { $0.index == UInt32(index) }.randomElement(using: &random)
      guard let near, random.next() & 3 != 0 else { return value(&random) }
      return (near.op == .maskedEqual ? near.valueTwo : near.value) &+ random.next() % 3 &- 1
    }
    return Call(architecture: architecture.auditArchitecture, number: number, arguments: arguments)
  }
}
