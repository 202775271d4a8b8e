import CLinux
import Glibc
import Linux

/// One rule about devices; later rules win over earlier ones.
public struct DeviceRule: Hashable, Sendable {
  /// Kinds of devices.
  public enum Kind: Int32, Hashable, Sendable {
    case any = 0
    case block = 1
    case character = 2
  }

  /// Ways to use a device, as `struct bpf_cgroup_dev_ctx` has them.
  public struct Access: OptionSet, Hashable, Sendable {
    /// The kernel's bits.
    public let rawValue: Int32
    /// Takes the kernel's bits.
    public init(rawValue: Int32) { self.rawValue = rawValue }
    /// `mknod(2)`.
    public static let make = Access(rawValue: 1)
    /// Opening for reading.
    public static let read = Access(rawValue: 2)
    /// Opening for writing.
    public static let write = Access(rawValue: 4)
    /// All three.
    public static let all: Access = [.make, .read, .write]
  }

  /// Whether it allows or denies.
  public var allow: Bool
  /// Kind of device.
  public var kind: Kind
  /// Major number; `nil` is any.
  public var major: UInt32?
  /// Minor number; `nil` is any.
  public var minor: UInt32?
  /// Ways of use. An allowing rule covers requests for these ways only, a denying one every request for any of them.
  public var access: Access

  /// Makes a rule.
  public init(allow: Bool, kind: Kind, major: UInt32? = nil, minor: UInt32? = nil, access: Access = .all) {
    self.allow = allow
    self.kind = kind
    self.major = major
    self.minor = minor
    self.access = access
  }

  /// Whether every request meets it.
  var coversEverything: Bool { kind == .any && major == nil && minor == nil && access == .all }
}

/// Device control of a cgroup: a program of type BPF_PROG_TYPE_CGROUP_DEVICE (`bpf(2)`). It needs no controller, so it
/// works beside cgroup v1 too. What no rule covers is denied.
public struct DeviceProgram: Hashable, Sendable {
  /// `struct bpf_insn`, one number each.
  public let instructions: [UInt64]

  /// Compiles rules.
  public init(_ rules: [DeviceRule]) {
    var program = [
      Self.load(.r2, offset: 0), Self.move(.r3, .r2), Self.shiftRight(.r3, 16), Self.and(.r2, 0xffff),
      Self.load(.r4, offset: 4), Self.load(.r5, offset: 8),
    ]
    for rule in rules.reversed() {
      program += Self.block(rule)
      // What comes before a rule for everything never decides, and the kernel refuses instructions that cannot be reached.
      if rule.coversEverything {
        instructions = program
        return
      }
    }
    instructions = program + [Self.set(.r0, 0), Self.exit]
  }

  /// Tests one rule and answers if it covers the request; otherwise falls through to the next.
  private static func block(_ rule: DeviceRule) -> [UInt64] {
    var tests: [(Register, Int32)] = []
    var before: [UInt64] = []
    if rule.allow {
      if rule.access != .all {
        // What is asked for beyond the rule must be nothing.
        before = [move(.r6, .r3), and(.r6, ~rule.access.rawValue & DeviceRule.Access.all.rawValue)]
        tests.append((.r6, 0))
      }
    } else if rule.access != .all {
      // Some of what the rule denies must be asked for: the masked value is compared below.
      before = [move(.r6, .r3), and(.r6, rule.access.rawValue)]
    }
    if rule.kind != .any { tests.append((.r2, rule.kind.rawValue)) }
    if let major = rule.major { tests.append((.r4, Int32(bitPattern: major))) }
    if let minor = rule.minor { tests.append((.r5, Int32(bitPattern: minor))) }
    let answer = [set(.r0, rule.allow ? 1 : 0), exit]
    let denyTest = !rule.allow && rule.access != .all
    var after = tests.count + (denyTest ? 1 : 0) + answer.count
    var block = before
    if denyTest {
      after -= 1
      block.append(jumpIfEqual(.r6, 0, by: after))
    }
    for (register, value) in tests {
      after -= 1
      block.append(jumpIfNotEqual(register, value, by: after))
    }
    return block + answer
  }

  // MARK: Instructions (Documentation/bpf/standardization/instruction-set.rst of the kernel)

  private enum Register: UInt64 { case r0 = 0, r1, r2, r3, r4, r5, r6 }

  private static func encode(
    _ code: UInt64,
    _ destination: Register,
    _ source: Register = .r0,
    offset: Int = 0,
    value: Int32 = 0
  ) -> UInt64 {
    let registers = destination.rawValue | source.rawValue << 4
    let offsetBits = UInt64(UInt16(truncatingIfNeeded: offset))
    return code | registers << 8 | offsetBits << 16 | UInt64(UInt32(bitPattern: value)) << 32
  }

  /// 32 bits at `r1 + offset`.
  private static func load(_ to: Register, offset: Int) -> UInt64 { encode(0x61, to, .r1, offset: offset) }
  private static func move(_ to: Register, _ from: Register) -> UInt64 { encode(0xbf, to, from) }
  private static func set(_ register: Register, _ value: Int32) -> UInt64 { encode(0xb7, register, value: value) }
  private static func and(_ register: Register, _ value: Int32) -> UInt64 { encode(0x54, register, value: value) }
  private static func shiftRight(_ register: Register, _ bits: Int32) -> UInt64 {
    encode(0x74, register, value: bits)
  }
  /// Compares 32 bits.
  private static func jumpIfNotEqual(_ register: Register, _ value: Int32, by: Int) -> UInt64 {
    encode(0x56, register, offset: by, value: value)
  }
  private static func jumpIfEqual(_ register: Register, _ value: Int32, by: Int) -> UInt64 {
    encode(0x16, register, offset: by, value: value)
  }
  private static let exit: UInt64 = 0x95
}
