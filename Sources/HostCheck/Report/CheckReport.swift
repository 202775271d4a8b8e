/// Everything that was looked at, and what follows from it.
public struct CheckReport: Hashable, Sendable {
  /// All items, by group.
  public var items: [CheckItem]

  /// Draws the conclusions.
  public init(_ findings: HostFindings) {
    items =
      kernelItems(findings) + cgroupItems(findings) + privilegeItems(findings) + storageItems(findings)
      + limitItems(findings) + programItems(findings)
  }

  /// A report of known items.
  public init(items: [CheckItem]) { self.items = items }

  /// Whether pods can run here at all.
  public var canRun: Bool { !items.contains { $0.severity == .required && $0.state == .missing } }

  /// What keeps every pod from starting.
  public var obstacles: [String] { names(.required) { $0 == .missing } }

  /// Limits that are not, or not wholly, enforced.
  public var unenforcedLimits: [String] { names(.limit) { $0 != .ok } }

  /// Features that pods cannot have here.
  public var missingFeatures: [String] { names(.feature) { $0 == .missing } }

  private func names(_ severity: CheckItem.Severity, where test: (CheckItem.State) -> Bool) -> [String] {
    items.filter { $0.severity == severity && test($0.state) }.map(\.name)
  }
}
