/// Why names could not be turned into privileges. Every case refuses the container before anything has been done.
public struct PrivilegesError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kind of trouble it is, for programs.
  public enum Kind: String, Hashable, Sendable {
    /// A field or a file does not say anything that has a meaning.
    case invalid
    /// A field names a user, a group or a file that does not exist.
    case notFound
    /// A meaning that this program refuses to guess or cannot give.
    case unsupported
    /// This host, or the agent's own privileges, cannot give what is asked for.
    case hostLacks
    /// A file could not be read or written.
    case unreadable
  }

  /// What kind of trouble it is.
  public let kind: Kind
  /// The field or file and the place in it, such as `capabilities.add[1]` or `etc/passwd:3`.
  public let place: String
  /// What is wrong, what was expected and what to do.
  public let problem: String

  /// Makes an error.
  public init(_ kind: Kind, _ place: String, _ problem: String) {
    self.kind = kind
    self.place = place
    self.problem = problem
  }

  /// Place and problem in one line.
  public var description: String { place.isEmpty ? problem : "\(place): \(problem)" }
}
