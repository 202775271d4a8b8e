/// What a pod requires of the node that it runs on (`v1.NodeSelectorRequirement`).
public struct NodeRequirement: Equatable, Sendable {
  /// How a label is compared.
  public enum Operator: String, CaseIterable, Sendable {
    /// It has one of the values.
    case `in` = "In"
    /// It has none of the values, or is not there.
    case notIn = "NotIn"
    /// It is there.
    case exists = "Exists"
    /// It is not there.
    case doesNotExist = "DoesNotExist"
    /// It is a number above the value.
    case greater = "Gt"
    /// It is a number below the value.
    case less = "Lt"

    /// What is wrong with the number of values; nil when nothing is.
    func problem(withCount count: Int) -> String? {
      switch self {
      case .in, .notIn: count > 0 ? nil : "\(rawValue) needs at least one value"
      case .exists, .doesNotExist: count == 0 ? nil : "must not be set beside \(rawValue)"
      case .greater, .less: count == 1 ? nil : "\(rawValue) needs exactly one value, found \(count)"
      }
    }
  }

  /// The label.
  public var key: String
  /// How it is compared.
  public var `operator`: Operator
  /// With what.
  public var values: [String]

  /// A requirement.
  public init(_ key: String, _ operator: Operator, _ values: [String] = []) {
    self.key = key
    self.`operator` = `operator`
    self.values = values
  }

  /// Whether it holds for these labels.
  public func isMet(by labels: [String: String]) -> Bool {
    let label = labels[key]
    switch `operator` {
    case .in: return label.map(values.contains) ?? false
    case .notIn: return !(label.map(values.contains) ?? false)
    case .exists: return label != nil
    case .doesNotExist: return label == nil
    case .greater, .less:
      guard let label = label.flatMap({ Int64($0) }), values.count == 1, let value = Int64(values[0]) else {
        return false
      }
      return `operator` == .greater ? label > value : label < value
    }
  }
}
