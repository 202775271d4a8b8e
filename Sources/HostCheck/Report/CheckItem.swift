/// One thing that pods need of their host.
public struct CheckItem: Hashable, Sendable {
  /// Kinds of things.
  public enum Group: String, CaseIterable, Hashable, Sendable {
    case kernel, cgroups, privileges, storage, limits, programs
  }

  /// How it is here.
  public enum State: String, CaseIterable, Hashable, Sendable {
    /// As it should be.
    case ok
    /// There, but less than there should be, or not to be tried without changing something.
    case limited
    /// Not there.
    case missing
  }

  /// What its absence means.
  public enum Severity: String, CaseIterable, Hashable, Sendable {
    /// No pod can start.
    case required
    /// Pods that ask for it are refused, or do without what is said.
    case feature
    /// A limit is not enforced: refused where a pod asks for it, left out where it is a default of ours.
    case limit
  }

  /// A short name, unique in its group.
  public var name: String
  /// Its kind.
  public var group: Group
  /// How it is here.
  public var state: State
  /// What its absence means.
  public var severity: Severity
  /// What was found, in a few words.
  public var found: String
  /// What is lost without it.
  public var cost: String
  /// How to get it: a command, an option of the kernel's command line or configuration.
  public var remedy: String

  /// Makes an item.
  public init(
    _ name: String,
    group: Group,
    state: State,
    severity: Severity,
    found: String,
    cost: String,
    remedy: String
  ) {
    self.name = name
    self.group = group
    self.state = state
    self.severity = severity
    self.found = found
    self.cost = cost
    self.remedy = remedy
  }

  /// An item from one finding: what is unknown is limited, never good.
  init(
    _ name: String,
    _ group: Group,
    _ severity: Severity,
    _ finding: Finding,
    cost: String,
    remedy: String
  ) {
    let state: State =
      switch finding {
      case .works: .ok
      case .fails: .missing
      case .unknown: .limited
      }
    self.init(
      name,
      group: group,
      state: state,
      severity: severity,
      found: finding.text,
      cost: cost,
      remedy: remedy
    )
  }
}
