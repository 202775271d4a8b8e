/// The five sets of a thread and how execve(2) changes them, after capabilities(7), "Transformation of capabilities
/// during execve()".
public struct CapabilityState: Hashable, Sendable {
  /// The bounding set.
  public var bounding: CapabilitySet
  /// The permitted set.
  public var permitted: CapabilitySet
  /// The effective set.
  public var effective: CapabilitySet
  /// The inheritable set.
  public var inheritable: CapabilitySet
  /// The ambient set.
  public var ambient: CapabilitySet

  /// Makes a state.
  public init(
    bounding: CapabilitySet,
    permitted: CapabilitySet,
    effective: CapabilitySet,
    inheritable: CapabilitySet,
    ambient: CapabilitySet
  ) {
    self.bounding = bounding
    self.permitted = permitted
    self.effective = effective
    self.inheritable = inheritable
    self.ambient = ambient
  }

  /// The state that a container's first process is brought into before execve.
  public init(_ container: ContainerCapabilities) {
    self.init(
      bounding: container.bounding,
      permitted: container.permitted,
      effective: container.effective,
      inheritable: container.inheritable,
      ambient: container.ambient
    )
  }

  /// What a program file adds: the extended attribute `security.capability`.
  public struct File: Hashable, Sendable {
    /// Capabilities granted regardless of the caller's inheritable set.
    public var permitted: CapabilitySet
    /// Capabilities granted if the caller has them in its inheritable set.
    public var inheritable: CapabilitySet
    /// Whether all granted ones become effective.
    public var effective: Bool

    /// Makes file capabilities.
    public init(permitted: CapabilitySet, inheritable: CapabilitySet, effective: Bool) {
      self.permitted = permitted
      self.inheritable = inheritable
      self.effective = effective
    }
  }

  /// The state after execve of a program, without setuid bits and with no securebits set.
  ///
  /// - Parameters:
  ///   - isRoot: Whether the effective user id is 0 (real and effective are the same in a container's first process).
  ///   - file: The program's own capabilities. `nil` when it has none, and under no_new_privs, which ignores them.
  public func afterExecve(isRoot: Bool, file: File? = nil) -> CapabilityState {
    // A privileged file, or root, loses the ambient set.
    let newAmbient = (isRoot || file != nil) ? [] : ambient
    // Root runs every file as if it carried all capabilities.
    let allowed = isRoot ? CapabilitySet(rawValue: .max) : (file?.permitted ?? [])
    let inherited = isRoot ? CapabilitySet(rawValue: .max) : (file?.inheritable ?? [])
    let newPermitted = inheritable.intersection(inherited).union(allowed.intersection(bounding)).union(newAmbient)
    let raisesEffective = isRoot || (file?.effective ?? false)
    return CapabilityState(
      bounding: bounding,
      permitted: newPermitted,
      effective: raisesEffective ? newPermitted : newAmbient,
      inheritable: inheritable,
      ambient: newAmbient
    )
  }
}
