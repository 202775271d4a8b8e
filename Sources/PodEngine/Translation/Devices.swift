import Privileges
import RuntimeAPI

extension ContainerBlueprint {
  /// Device control: nothing but the nodes that every container has. Containers that may make nodes may make any, and
  /// still open none but these; all others may not even do that.
  func deviceRules(_ capabilities: CapabilitySet) -> [RuntimeSpecification.DeviceRule] {
    if isPrivileged { return [RuntimeSpecification.DeviceRule(allow: true)] }
    var rules = [RuntimeSpecification.DeviceRule(allow: false)]
    if capabilities.contains(.mknod) {
      rules += ["c", "b"].map { RuntimeSpecification.DeviceRule(allow: true, type: $0, access: "m") }
    }
    rules += Self.everywhere.map { major, minor in
      RuntimeSpecification.DeviceRule(allow: true, type: "c", major: major, minor: minor)
    }
    return rules
  }

  /// null, zero, full, random, urandom, tty, console, ptmx and every pseudoterminal.
  private static let everywhere: [(Int64, Int64?)] = [
    (1, 3), (1, 5), (1, 7), (1, 8), (1, 9), (5, 0), (5, 1), (5, 2), (136, nil),
  ]
}
