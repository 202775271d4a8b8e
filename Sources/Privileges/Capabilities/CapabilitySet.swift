/// A set of Linux capabilities as the kernel's own mask: bit n is capability n of `<linux/capability.h>`.
public struct CapabilitySet: OptionSet, Hashable, Sendable {
  /// The mask.
  public var rawValue: UInt64

  /// Makes a set from the kernel's mask.
  public init(rawValue: UInt64) { self.rawValue = rawValue }

  /// The set with the one capability of that number; empty above 63, which no kernel can have.
  public init(number: Int) {
    rawValue = (0..<64).contains(number) ? 1 << UInt64(number) : 0
  }

  /// Every capability up to and including `number`, as `/proc/sys/kernel/cap_last_cap` says it.
  public static func upTo(_ number: Int) -> CapabilitySet {
    switch number {
    case ..<0: []
    case 63...: CapabilitySet(rawValue: .max)
    default: CapabilitySet(rawValue: (1 << UInt64(number + 1)) - 1)
    }
  }

  /// The capabilities' numbers in ascending order.
  public var numbers: [Int] { (0..<64).filter { rawValue & (1 << UInt64($0)) != 0 } }

  /// Whether the set has the capability of that name, with or without `CAP_`. An unknown name is in no set.
  public func contains(named name: String) -> Bool {
    guard let number = Self.number(ofName: name) else { return false }
    return contains(CapabilitySet(number: number))
  }

  /// What a container has unless its spec says otherwise: CRI-O's nine. NET_RAW, MKNOD, SYS_CHROOT, SETFCAP and
  /// AUDIT_WRITE, which containerd adds, are left out.
  public static let containerDefault: CapabilitySet = [
    .chown, .dacOverride, .fowner, .fsetid, .kill, .setgid, .setuid, .setpcap, .netBindService,
  ]

  /// The fourteen that containerd and Docker give.
  public static let containerdDefault: CapabilitySet = containerDefault.union([
    .netRaw, .mknod, .sysChroot, .setfcap, .auditWrite,
  ])
}

extension CapabilitySet {
  /// `CAP_CHOWN`.
  public static let chown = CapabilitySet(number: 0)
  /// `CAP_DAC_OVERRIDE`.
  public static let dacOverride = CapabilitySet(number: 1)
  /// `CAP_FOWNER`.
  public static let fowner = CapabilitySet(number: 3)
  /// `CAP_FSETID`.
  public static let fsetid = CapabilitySet(number: 4)
  /// `CAP_KILL`.
  public static let kill = CapabilitySet(number: 5)
  /// `CAP_SETGID`.
  public static let setgid = CapabilitySet(number: 6)
  /// `CAP_SETUID`.
  public static let setuid = CapabilitySet(number: 7)
  /// `CAP_SETPCAP`.
  public static let setpcap = CapabilitySet(number: 8)
  /// `CAP_NET_BIND_SERVICE`.
  public static let netBindService = CapabilitySet(number: 10)
  /// `CAP_NET_RAW`.
  public static let netRaw = CapabilitySet(number: 13)
  /// `CAP_SYS_CHROOT`.
  public static let sysChroot = CapabilitySet(number: 18)
  /// `CAP_SYS_ADMIN`.
  public static let sysAdmin = CapabilitySet(number: 21)
  /// `CAP_MKNOD`.
  public static let mknod = CapabilitySet(number: 27)
  /// `CAP_AUDIT_WRITE`.
  public static let auditWrite = CapabilitySet(number: 29)
  /// `CAP_SETFCAP`.
  public static let setfcap = CapabilitySet(number: 31)
}
