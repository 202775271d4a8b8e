import RuntimeAPI
import Synchronization

/// The seccomp profile of everyone who does not ask for another one.
///
/// It follows the profile that Docker publishes (moby/profiles), with one difference: that profile allows `socket`
/// for every family above 40, compared as 64 bits, but the kernel takes the family as an `int`. So `0x100000026` would
/// pass and open AF_ALG, which the profile means to refuse (CVE-2026-31431). Here the families above AF_VSOCK are named.
public enum RuntimeDefault {
  /// The profile for one container.
  public static func profile(for target: SeccompTarget) -> SeccompProfile {
    resolved.withLock { resolved in
      if let profile = resolved[target] { return profile }
      let profile = template.resolved(for: target)
      if resolved.count >= mostResolved { resolved.removeAll() }
      resolved[target] = profile
      return profile
    }
  }

  /// Nearly all containers of a node have the same capabilities, and so the same profile.
  private static let resolved = Mutex<[SeccompTarget: SeccompProfile]>([:])
  private static let mostResolved = 64

  /// EPERM for whatever no rule allows.
  public static let template = ProfileTemplate(
    defaultAction: .errno,
    defaultErrnoRet: 1,
    architectures: nil,
    rules: unconditional + machines + capabilities + clone
  )

  private static let unconditional: [ConditionalRule] =
    [
      ConditionalRule(rule: allow(alwaysAllowed)),
      // Before 4.8 a tracer could change the number of a call after the filter had seen it.
      ConditionalRule(
        rule: allow(["process_vm_readv", "process_vm_writev", "ptrace"]),
        minimumKernel: KernelVersion(major: 4, minor: 8)
      ),
    ] + (socketFamilies + personalities).map { ConditionalRule(rule: $0) }

  /// All families but AF_ALG (38) and AF_VSOCK (40); 45 is AF_MCTP, the last one that Linux has.
  private static let socketFamilies: [SeccompRule] =
    [allow(["socket"], SeccompArgument(index: 0, value: 38, op: .less))]
    + [39, 41, 42, 43, 44, 45].map { allow(["socket"], SeccompArgument(index: 0, value: $0, op: .equal)) }

  /// PER_LINUX, PER_LINUX32, UNAME26 with either, and the query.
  private static let personalities: [SeccompRule] = [0, 8, 0x20000, 0x20008, 0xffff_ffff].map {
    allow(["personality"], SeccompArgument(index: 0, value: $0, op: .equal))
  }

  private static let machines: [ConditionalRule] = onArchitecture.map {
    ConditionalRule(rule: allow(words($0.names)), architectures: $0.architectures)
  }

  private static let capabilities: [ConditionalRule] =
    [ConditionalRule(rule: allow(withSysAdmin), capabilities: .sysAdmin)]
    + withCapability.map { entry in
      let number = CapabilitySet.number(ofName: entry.capability) ?? CapabilitySet.names.count
      return ConditionalRule(rule: allow(words(entry.names)), capabilities: CapabilitySet(number: number))
    }

  /// Without CAP_SYS_ADMIN no new namespaces: every CLONE_NEW… flag but the time namespace's, which clone cannot take.
  /// clone3 hides its flags in memory, so it answers ENOSYS and libraries fall back to clone.
  private static let clone: [ConditionalRule] = [
    ConditionalRule(
      rule: allow(["clone"], SeccompArgument(index: 0, value: newNamespaces, valueTwo: 0, op: .maskedEqual)),
      excludedArchitectures: ["s390", "s390x"],
      excludedCapabilities: .sysAdmin
    ),
    ConditionalRule(
      rule: allow(["clone"], SeccompArgument(index: 1, value: newNamespaces, valueTwo: 0, op: .maskedEqual)),
      architectures: ["s390", "s390x"],
      excludedCapabilities: .sysAdmin
    ),
    ConditionalRule(
      rule: SeccompRule(names: ["clone3"], action: .errno, errnoRet: 38),
      excludedCapabilities: .sysAdmin
    ),
  ]

  /// CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET.
  private static let newNamespaces: UInt64 = 0x7e02_0000

  private static func allow(_ names: [String], _ arguments: SeccompArgument...) -> SeccompRule {
    SeccompRule(names: names, action: .allow, args: arguments)
  }
}
