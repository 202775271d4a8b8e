import Glibc
import Linux
import RuntimeTestKit
import Testing

@testable import Cgroups

/// A request for a device, as the kernel puts it (`struct bpf_cgroup_dev_ctx`).
struct DeviceRequest {
  var kind: DeviceRule.Kind
  var access: DeviceRule.Access
  var major: UInt32
  var minor: UInt32
}

/// As much of the machine of BPF as device programs use; what it does not know is an error, as it is to the kernel.
struct DeviceMachine {
  struct Stopped: Error { var why: String }
  let instructions: [UInt64]

  func run(_ request: DeviceRequest) throws -> Bool {
    var registers = [UInt64?](repeating: nil, count: 11)
    let context = [
      UInt32(request.kind.rawValue) | UInt32(request.access.rawValue) << 16, request.major, request.minor,
    ]
    var place = 0
    var steps = 0
    while true {
      guard instructions.indices.contains(place) else { throw Stopped(why: "left the program at \(place)") }
      steps += 1
      if steps > instructions.count { throw Stopped(why: "a loop") }
      let word = instructions[place]
      let (code, to, from) = (word & 0xff, Int(word >> 8 & 0xf), Int(word >> 12 & 0xf))
      let offset = Int(Int16(truncatingIfNeeded: word >> 16))
      let value = UInt64(word >> 32)
      func read(_ register: Int) throws -> UInt64 {
        guard let value = registers[register] else { throw Stopped(why: "r\(register) was never set, at \(place)") }
        return value
      }
      place += 1
      switch code {
      case 0x61:
        guard from == 1, offset % 4 == 0, context.indices.contains(offset / 4) else { throw Stopped(why: "a bad load") }
        registers[to] = UInt64(context[offset / 4])
      case 0xbf: registers[to] = try read(from)
      case 0xb7: registers[to] = UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: value)))
      case 0x54: registers[to] = try read(to) & value & 0xffff_ffff
      case 0x74: registers[to] = (try read(to) & 0xffff_ffff) >> value
      case 0x16: if try read(to) & 0xffff_ffff == value { place += offset }
      case 0x56: if try read(to) & 0xffff_ffff != value { place += offset }
      case 0x95: return try read(0) == 1
      default: throw Stopped(why: "unknown instruction \(String(word, radix: 16))")
      }
    }
  }

  /// The kernel refuses programs with instructions that nothing leads to.
  func unreachable() -> [Int] {
    var seen = Set<Int>()
    var pending = [0]
    while let place = pending.popLast() {
      guard instructions.indices.contains(place), seen.insert(place).inserted else { continue }
      let word = instructions[place]
      if word & 0xff == 0x95 { continue }
      if [0x16, 0x56].contains(word & 0xff) { pending.append(place + 1 + Int(Int16(truncatingIfNeeded: word >> 16))) }
      pending.append(place + 1)
    }
    return instructions.indices.filter { !seen.contains($0) }
  }
}

@Suite("A device program decides as its rules say")
struct DeviceProgramTests {
  /// The last rule that covers a request decides; none denies.
  private func decide(_ rules: [DeviceRule], _ request: DeviceRequest) -> Bool {
    for rule in rules.reversed() {
      if rule.kind != .any && rule.kind != request.kind { continue }
      if let major = rule.major, major != request.major { continue }
      if let minor = rule.minor, minor != request.minor { continue }
      let covers = rule.allow ? request.access.isSubset(of: rule.access) : !request.access.isDisjoint(with: rule.access)
      if covers { return rule.allow }
    }
    return false
  }

  private func randomRule(_ generator: inout SeededGenerator) -> DeviceRule {
    let numbers: [UInt32] = [0, 1, 3, 5, 136, 0x7fff_ffff, 0x8000_0000, .max]
    return DeviceRule(
      allow: generator.oneIn(2),
      kind: generator.pick([.any, .character, .block]),
      major: generator.oneIn(3) ? nil : generator.pick(numbers),
      minor: generator.oneIn(3) ? nil : generator.pick(numbers),
      access: DeviceRule.Access(rawValue: Int32(1 + generator.below(7)))
    )
  }

  @Test("random rules and requests against the rules read aloud")
  func model() throws {
    var generator = SeededGenerator()
    for round in 0..<600 {
      let rules = generator.list(8) { randomRule(&$0) }
      let machine = DeviceMachine(instructions: DeviceProgram(rules).instructions)
      #expect(machine.unreachable().isEmpty, "seed \(generator.seed), round \(round), \(rules)")
      for _ in 0..<60 {
        let aimed = rules.isEmpty ? randomRule(&generator) : generator.pick(rules)
        let other = randomRule(&generator)
        let request = DeviceRequest(
          kind: generator.pick([.character, .block]),
          access: DeviceRule.Access(rawValue: Int32(1 + generator.below(7))),
          major: (generator.oneIn(4) ? other.major : aimed.major) ?? 7,
          minor: (generator.oneIn(4) ? other.minor : aimed.minor) ?? 7
        )
        let seen = try machine.run(request)
        #expect(seen == decide(rules, request), "seed \(generator.seed), round \(round), \(rules), \(request)")
      }
    }
  }

  @Test("what a container gets: its nodes and nothing else")
  func ordinary() throws {
    let rules = [DeviceRule(allow: false, kind: .any), DeviceRule(allow: true, kind: .character, major: 1, minor: 3)]
    let machine = DeviceMachine(instructions: DeviceProgram(rules).instructions)
    #expect(try machine.run(DeviceRequest(kind: .character, access: .all, major: 1, minor: 3)))
    #expect(try !machine.run(DeviceRequest(kind: .block, access: .read, major: 1, minor: 3)))
    #expect(try !machine.run(DeviceRequest(kind: .character, access: .read, major: 1, minor: 11)))
  }

  @Test("the kernel takes random programs, and they hold", .enabled(if: getuid() == 0, "root is required"))
  func kernel() throws {
    var generator = SeededGenerator()
    let hierarchy = try TestCgroup.hierarchy()
    let pod = PodCgroup(hierarchy, pod: "device-\(getpid())")
    try hierarchy.prepare()
    try pod.make(hierarchy)
    defer { try? TestCgroup.remove(pod, hierarchy) }
    for round in 0..<40 {
      let rules = generator.list(6) { randomRule(&$0) }
      _ = try pod.makeContainer("c\(round)", settings: [], devices: DeviceProgram(rules))
    }
    let denied = try pod.makeContainer(
      "denied",
      settings: [],
      devices: DeviceProgram([DeviceRule(allow: false, kind: .any)])
    )
    let script = "echo 0 > \(pod.path)/denied/cgroup.procs; : < /dev/null && exit 1; exit 0"
    let pid = try spawnProgram("/bin/sh", arguments: ["sh", "-c", script], descriptors: [-1, -1, -1])
    let process = try PidFD.open(pid)
    #expect(try PidFD.waitForEnd(process.raw, milliseconds: 10_000))
    #expect(try PidFD.reap(process.raw) != .exited(1), "opening /dev/null must be refused")
    _ = consume denied
  }
}

/// A place in the hierarchy for tests of this process.
enum TestCgroup {
  static func hierarchy() throws -> CgroupHierarchy {
    try CgroupHierarchy.discover(
      instance: "test-cgroups-\(getpid())",
      underSystemd: CgroupHierarchy.isUnderSystemd
    )
  }

  static func remove(_ pod: PodCgroup, _ hierarchy: CgroupHierarchy) throws { try pod.destroy() }
}
