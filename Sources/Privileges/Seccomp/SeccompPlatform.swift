import Glibc
import Linux

/// A calling convention of the kernel that a filter can see: one number space of system calls.
public enum SeccompArchitecture: String, CaseIterable, Hashable, Sendable {
  case amd64 = "SCMP_ARCH_X86_64"
  case x86 = "SCMP_ARCH_X86"
  case x32 = "SCMP_ARCH_X32"
  case arm64 = "SCMP_ARCH_AARCH64"
  case arm = "SCMP_ARCH_ARM"

  /// libseccomp's name for it.
  var token: UInt32 {
    switch self {
    case .amd64: 0xc000_003e
    case .x86: 0x4000_0003
    case .x32: 0x4000_003e
    case .arm64: 0xc000_00b7
    case .arm: 0x4000_0028
    }
  }

  /// `seccomp_data.arch` (`AUDIT_ARCH_…` of `<linux/audit.h>`). x32 shares x86_64's and is told apart by a bit of the
  /// number.
  public var auditArchitecture: UInt32 { self == .x32 ? Self.amd64.token : token }

  /// What the numbers of this convention have in common.
  public var numberBit: UInt32 { self == .x32 ? 0x4000_0000 : 0 }

  /// Whether all 64 bits of an argument are compared. x32's calls are x86_64's and take whole registers, although
  /// libseccomp compares the low half only.
  var comparesWholeArguments: Bool { self != .x86 && self != .arm }

  /// The first number behind those that new system calls are taken from: x32's own calls begin at 512
  /// (`syscall_64.tbl`), ARM's private ones at 0xf0000 (`<asm/unistd.h>`).
  var endOfCommonNumbers: UInt32 {
    switch self {
    case .x32: 512
    case .arm: 0xf_0000
    default: 0x4000_0000
    }
  }
}

/// A kind of machine and the calling conventions that its kernel serves; the raw value is the machine's name in Docker's
/// conditions.
public enum SeccompPlatform: String, CaseIterable, Hashable, Sendable {
  case amd64
  case arm64

  /// The machine that this program was built for; `nil` where filters cannot be made yet.
  public static var native: SeccompPlatform? {
    #if arch(x86_64)
      .amd64
    #elseif arch(arm64)
      .arm64
    #else
      nil
    #endif
  }

  /// ``native``, or the error that names what is missing.
  public static func required() throws(PrivilegesError) -> SeccompPlatform {
    guard let native else {
      throw PrivilegesError(
        .hostLacks,
        "seccomp",
        "system call filters are known for x86_64 and aarch64 only, not for this machine"
      )
    }
    return native
  }

  /// The machine's own convention.
  public var primary: SeccompArchitecture { self == .amd64 ? .amd64 : .arm64 }

  /// All conventions, the machine's own first.
  public var architectures: [SeccompArchitecture] { self == .amd64 ? [.amd64, .x86, .x32] : [.arm64, .arm] }
}

/// A kernel version, as far as profiles ask for it.
public struct KernelVersion: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The first number.
  public var major: Int
  /// The second number.
  public var minor: Int

  /// Makes a version.
  public init(major: Int, minor: Int) {
    self.major = major
    self.minor = minor
  }

  /// Reads the two leading numbers of `uname -r` or of a profile's `minKernel`; `nil` if there are none.
  public init?(_ text: String) {
    let parts = text.split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count >= 2, let major = Self.leadingNumber(parts[0]), let minor = Self.leadingNumber(parts[1])
    else { return nil }
    self.init(major: major, minor: minor)
  }

  /// The version of the running kernel.
  ///
  /// - Throws: ``PrivilegesError`` when `uname -r` does not begin with two numbers.
  public static func running() throws(PrivilegesError) -> KernelVersion {
    var names = utsname()
    guard uname(&names) == 0 else { throw PrivilegesError(.unreadable, "uname(2)", "failed: \(errorText(errno))") }
    let release = withUnsafeBytes(of: &names.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    guard let version = KernelVersion(release) else {
      throw PrivilegesError(.hostLacks, "uname -r", "expected a version such as 6.1.0, found \(quoted(release))")
    }
    return version
  }

  private static func leadingNumber(_ text: Substring) -> Int? {
    Int(text.prefix { $0.isASCII && $0.isNumber }.prefix(9))
  }

  /// Orders by major, then minor.
  public static func < (left: KernelVersion, right: KernelVersion) -> Bool {
    (left.major, left.minor) < (right.major, right.minor)
  }

  /// `6.18`.
  public var description: String { "\(major).\(minor)" }
}
