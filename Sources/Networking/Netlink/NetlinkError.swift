import Linux

/// Why a conversation with the kernel over a netlink socket did not end well.
public enum NetlinkError: Error, Sendable, Equatable, CustomStringConvertible {
  /// An attribute that its 16-bit length cannot describe (CVE-2021-43784).
  case attributeTooLong(attribute: UInt16, bytes: Int)
  /// A request that is longer than any that this program sends.
  case messageTooLong(bytes: Int)
  /// The kernel refused: what was asked for, its error number, and its own words where it has some.
  case refused(operation: String, errno: Int32, reason: String?)
  /// What arrived is no netlink message.
  case malformed(String)
  /// A system call failed.
  case system(SyscallError)

  /// The kernel's error number, where it gave one.
  public var errno: Int32? {
    switch self {
    case .refused(_, let errno, _): errno
    case .system(let error): error.errno
    default: nil
    }
  }

  /// `attach the cable swl0v0002: File exists (the kernel says: …)`.
  public var description: String {
    switch self {
    case .attributeTooLong(let attribute, let bytes):
      "netlink attribute \(attribute) would have \(bytes) bytes, at most \(NetlinkMessage.longestPayload) fit"
    case .messageTooLong(let bytes): "a netlink request of \(bytes) bytes, at most \(NetlinkMessage.longest) are sent"
    case .refused(let operation, let errno, let reason):
      "\(operation): \(errorText(errno))" + (reason.map { " (the kernel says: \($0))" } ?? "")
    case .malformed(let what): "the kernel's answer cannot be read: \(what)"
    case .system(let error): "\(error)"
    }
  }
}
