import CCapability
import Glibc

/// What this kernel knows and what the agent can hand on.
public struct CapabilityHost: Hashable, Sendable {
  /// Every capability that this kernel knows.
  public let known: CapabilitySet
  /// What the agent can give: in its own bounding and in its own permitted set. A child can never have more
  /// (capabilities(7), "Capability bounding set").
  public let held: CapabilitySet

  /// Makes a host from values.
  public init(known: CapabilitySet, held: CapabilitySet) {
    self.known = known
    self.held = held.intersection(known)
  }

  /// What the kernel knows and the agent has not: what even a privileged container will lack on this host.
  public var missing: CapabilitySet { known.subtracting(held) }

  /// Asks the kernel about this process.
  ///
  /// - Throws: ``PrivilegesError`` when the kernel's answers cannot be read.
  public static func current() throws(PrivilegesError) -> CapabilityHost {
    let known = try CapabilitySet.upTo(lastCapability())
    guard let process = cap_get_proc() else {
      throw PrivilegesError(.unreadable, "capget(2)", "the agent's own capabilities cannot be read: errno \(errno)")
    }
    defer { cap_free(UnsafeMutableRawPointer(process)) }
    var held: CapabilitySet = []
    for number in known.numbers {
      var flag = CAP_CLEAR
      // Older libraries than the kernel answer EINVAL for its newest capabilities; those are then not handed on.
      let permitted = cap_get_flag(process, cap_value_t(number), CAP_PERMITTED, &flag) == 0 && flag == CAP_SET
      if permitted && cap_get_bound(cap_value_t(number)) == 1 { held.insert(CapabilitySet(number: number)) }
    }
    return CapabilityHost(known: known, held: held)
  }

  /// `/proc/sys/kernel/cap_last_cap`, read without Foundation's helpers because it is four bytes of trusted text.
  private static func lastCapability() throws(PrivilegesError) -> Int {
    let path = "/proc/sys/kernel/cap_last_cap"
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw PrivilegesError(.unreadable, path, "cannot be opened (errno \(errno)); is /proc mounted?")
    }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 16)
    let count = read(descriptor, &bytes, bytes.count)
    let text = String(decoding: bytes.prefix(max(count, 0)).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    guard let number = Int(text), (0..<64).contains(number) else {
      throw PrivilegesError(.unreadable, path, "expected a number from 0 to 63, found \(quoted(text))")
    }
    return number
  }
}
