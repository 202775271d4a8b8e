/// What a pod says about the capabilities of one container.
public struct CapabilityRequest: Hashable, Sendable {
  /// `securityContext.capabilities.add`.
  public var add: [String]
  /// `securityContext.capabilities.drop`.
  public var drop: [String]
  /// `securityContext.privileged`.
  public var privileged: Bool

  /// Makes a request; the empty one asks for the defaults.
  public init(add: [String] = [], drop: [String] = [], privileged: Bool = false) {
    self.add = add
    self.drop = drop
    self.privileged = privileged
  }
}

/// The capability sets that a container is started with, as masks.
///
/// Bounding, permitted and effective are the same set and do not depend on the user, as containerd's CRI plug-in
/// computes them; inheritable and ambient are empty (CVE-2022-29162; Kubernetes has no ambient capabilities,
/// kubernetes/kubernetes#56374). So a process that is not root keeps nothing over execve: see
/// ``CapabilityState/afterExecve(isRoot:file:)``.
public struct ContainerCapabilities: Hashable, Sendable {
  /// What may ever be gained in the container.
  public let bounding: CapabilitySet
  /// What the first process may use.
  public let permitted: CapabilitySet
  /// What the first process uses.
  public let effective: CapabilitySet
  /// Always empty.
  public let inheritable: CapabilitySet
  /// Always empty.
  public let ambient: CapabilitySet
  /// What `ALL` or `privileged` asked for and this host cannot give.
  public let unavailable: CapabilitySet

  /// Computes the sets in containerd's order: `add: [ALL]`, then `drop: [ALL]`, then single additions, then single
  /// removals. Whether or not names matter (`privileged` overrides both lists), unknown names are refused.
  ///
  /// - Parameters:
  ///   - request: What the pod says.
  ///   - defaults: What the container has if the request says nothing.
  ///   - host: What can be given here; `ALL` and `privileged` mean all of it, as in containerd.
  ///   - field: Path of `capabilities`, for errors.
  /// - Throws: ``PrivilegesError`` for an unknown name, and for a capability that is asked for by name and not held.
  public init(
    _ request: CapabilityRequest,
    defaults: CapabilitySet = .containerDefault,
    host: CapabilityHost,
    field: String = "securityContext.capabilities"
  ) throws(PrivilegesError) {
    let added = try Self.parse(request.add, field: field + ".add")
    let dropped = try Self.parse(request.drop, field: field + ".drop")
    var set = added.all ? host.known : defaults
    if dropped.all { set = [] }
    set = set.union(added.set).subtracting(dropped.set)
    if request.privileged { set = host.known }
    let lacking = set.subtracting(host.held)
    let asked = request.privileged ? [] : lacking.intersection(added.set)
    guard asked.isEmpty else { throw Self.refused(asked, field: field + ".add") }
    // A default that the host lacks is not worth refusing every container for: less is never weaker.
    self.init(set.intersection(host.held), unavailable: lacking)
  }

  private init(_ set: CapabilitySet, unavailable: CapabilitySet) {
    bounding = set
    permitted = set
    effective = set
    inheritable = []
    ambient = []
    self.unavailable = unavailable
  }

  private static func parse(_ names: [String], field: String) throws(PrivilegesError) -> (
    all: Bool, set: CapabilitySet
  ) {
    var all = false
    var set: CapabilitySet = []
    for (index, name) in names.enumerated() {
      if CapabilitySet.meansAll(name) {
        all = true
      } else {
        do {
          set.formUnion(try CapabilitySet(names: [name], field: field))
        } catch {
          throw PrivilegesError(error.kind, "\(field)[\(index)]", error.problem)
        }
      }
    }
    return (all, set)
  }

  private static func refused(_ set: CapabilitySet, field: String) -> PrivilegesError {
    let names = set.kubernetesNames.joined(separator: ", ")
    return PrivilegesError(
      .hostLacks,
      field,
      "the agent itself does not have \(names), so it cannot give it; give the agent the capability or remove the name"
    )
  }
}
