import Cgroups
import RuntimeAPI

/// Device control of a specification as a program.
public enum DeviceControl {
  /// Device control. What no rule covers is denied.
  public static func program(_ rules: [RuntimeSpecification.DeviceRule]) throws(RuntimeError) -> DeviceProgram {
    var converted: [Cgroups.DeviceRule] = []
    for (index, rule) in rules.enumerated() {
      let path = "linux.resources.devices[\(index)]"
      let kinds: [String: Cgroups.DeviceRule.Kind] = ["a": .any, "": .any, "c": .character, "b": .block]
      guard let kind = kinds[rule.type] else { throw .invalid(path: path + ".type", reason: "a, c or b was expected") }
      var access: Cgroups.DeviceRule.Access = []
      for letter in rule.access {
        switch letter {
        case "r": access.insert(.read)
        case "w": access.insert(.write)
        case "m": access.insert(.make)
        default: throw .invalid(path: path + ".access", reason: "only r, w and m are known")
        }
      }
      // -1 is runc's word for any number.
      let major = try number(rule.major, path + ".major")
      let minor = try number(rule.minor, path + ".minor")
      converted.append(
        Cgroups.DeviceRule(allow: rule.allow, kind: kind, major: major, minor: minor, access: access)
      )
    }
    return DeviceProgram(converted)
  }

  private static func number(_ value: Int64?, _ path: String) throws(RuntimeError) -> UInt32? {
    guard let value, value != -1 else { return nil }
    guard let number = UInt32(exactly: value) else { throw .invalid(path: path, reason: "a device number has 32 bits") }
    return number
  }
}
