import PodModel

/// A container's limit or request as the downward API tells it (`pkg/api/v1/resource`).
struct ResourceFact {
  /// A whole number of the divisor, rounded up.
  let text: String

  init(
    _ field: ResourceField,
    of container: Container?,
    in pod: Pod,
    _ host: HostFacts
  ) throws(ConfigurationError) {
    let container = try Self.container(field, container, pod)
    let limits = container.resources.limits
    // A server fills these in before any kubelet sees the pod.
    let requests = Defaults.requests(container.resources.requests, limits: limits)
    switch field.resource {
    case "limits.cpu":
      text = Self.cores(Self.limit(limits.cpu, orAll: Int64(host.processors)), field.divisor)
    case "requests.cpu": text = Self.cores(requests.cpu ?? .zero, field.divisor)
    case "limits.memory": text = Self.bytes(Self.limit(limits.memory, orAll: host.memoryCapacity), field.divisor)
    case "requests.memory": text = Self.bytes(requests.memory ?? .zero, field.divisor)
    // This node promises nobody any of its disk and limits nobody's.
    case "limits.ephemeral-storage", "requests.ephemeral-storage": text = "0"
    default: throw ConfigurationError("resource", "unsupported container resource : \(field.resource)")
    }
  }

  private static func container(
    _ field: ResourceField,
    _ own: Container?,
    _ pod: Pod
  ) throws(ConfigurationError) -> Container {
    let name = field.containerName ?? ""
    if name.isEmpty, let own { return own }
    guard let found = pod.spec.allContainers.first(where: { $0.name == name }) else {
      throw ConfigurationError("containerName", "container \(name) not found")
    }
    return found
  }

  /// Whoever has no limit can use the whole node; a limit of zero is none.
  private static func limit(_ limit: Quantity?, orAll capacity: Int64) -> Quantity {
    if let limit, limit > .zero { limit } else { Quantity(capacity) }
  }

  /// In thousandths, of which each begun one counts.
  private static func cores(_ amount: Quantity, _ divisor: Quantity?) -> String {
    quotient(amount.nanos, divisor, step: 1_000_000)
  }

  private static func bytes(_ amount: Quantity, _ divisor: Quantity?) -> String {
    quotient(amount.nanos, divisor, step: 1_000_000_000)
  }

  /// Both sides become whole numbers of the step before they are divided, as in Kubernetes.
  private static func quotient(_ amount: Int128, _ divisor: Quantity?, step: Int128) -> String {
    let unit = if let divisor, divisor > .zero { divisor } else { Quantity(1) }
    return String(roundedUp(roundedUp(amount, step), roundedUp(unit.nanos, step)))
  }

  private static func roundedUp(_ amount: Int128, _ divisor: Int128) -> Int128 {
    let (quotient, remainder) = amount.quotientAndRemainder(dividingBy: divisor)
    return remainder > 0 ? quotient + 1 : quotient
  }
}
