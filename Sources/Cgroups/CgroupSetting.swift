/// One value for one file of a cgroup.
public struct CgroupSetting: Hashable, Sendable {
  /// The file: `memory.max`.
  public let file: String
  /// What is written.
  public let value: String
  /// Whether a machine without the controller may go without: only for limits that nobody asked for.
  public let isOptional: Bool

  /// Makes a setting.
  public init(_ file: String, _ value: String, isOptional: Bool = false) {
    self.file = file
    self.value = value
    self.isOptional = isOptional
  }

  /// The controller that has the file.
  public var controller: String { String(file.prefix { $0 != "." }) }

  /// `cpu.weight` for the shares of cgroup v1, by the line from (2, 1) to (262144, 10000) of KEP-2254.
  public static func weight(fromShares shares: UInt64) -> UInt64 {
    let bounded = min(max(shares, 2), 262_144)
    return 1 + (bounded - 2) * 9999 / 262_142
  }
}
