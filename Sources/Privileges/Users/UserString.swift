/// A user of an image's configuration: `USER` of a Dockerfile, `user`, `uid`, `user:group`, in any mixture.
///
/// Stricter than containerd where leniency means root: an empty part (`1:`, `:1`), a sign and a third part are refused.
public struct UserString: Hashable, Sendable {
  /// A user or a group, by number or by name. What consists of digits is a number even if somebody has it for a name.
  public enum Account: Hashable, Sendable {
    /// By number.
    case id(UInt32)
    /// By name, to be looked up in the image.
    case name(String)
  }

  /// The user.
  public let user: Account
  /// The group, if one is named.
  public let group: Account?

  private static let field = "image user"
  private static let maximumNameLength = 256

  /// Reads the text; the empty one is root, as in Docker and Kubernetes.
  ///
  /// - Throws: ``PrivilegesError`` for anything that is not a user.
  public init(_ text: String) throws(PrivilegesError) {
    guard !text.utf8.isEmpty else {
      user = .id(0)
      group = nil
      return
    }
    let parts = text.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count <= 2 else {
      throw PrivilegesError(
        .invalid,
        Self.field,
        "\(quoted(text)) has more than two parts; expected user or user:group"
      )
    }
    user = try Self.account(parts[0], of: text, "user")
    group = parts.count == 2 ? try Self.account(parts[1], of: text, "group") : nil
  }

  private static func account(
    _ part: Substring.UTF8View,
    of text: String,
    _ what: String
  ) throws(PrivilegesError) -> Account {
    guard !part.isEmpty else {
      throw PrivilegesError(.invalid, field, "\(quoted(text)) names no \(what); expected user or user:group")
    }
    if part.allSatisfy({ (0x30...0x39).contains($0) }) {
      guard let id = AccountID(digits: part) else {
        throw PrivilegesError(
          .invalid,
          field,
          "\(quoted(text)): \(what) id out of range; expected 0 to \(AccountID.maximum)"
        )
      }
      return .id(id.value)
    }
    let sign = part.first == UInt8(ascii: "-") || part.first == UInt8(ascii: "+")
    guard !sign, part.count <= maximumNameLength, part.allSatisfy({ $0 > 0x20 && $0 != 0x7f && $0 != 0x2c }) else {
      throw PrivilegesError(.invalid, field, "\(quoted(text)) has no valid \(what) name or id")
    }
    return .name(String(Substring(part)))
  }
}
