import JSONText
import RuntimeAPI

/// Reads a seccomp profile that an administrator put on the node (`seccompProfile.type: Localhost`): `linux.seccomp` of
/// the OCI specification as JSON, or Docker's form with `archMap`, `includes` and `excludes`.
public enum ProfileDocument {
  /// The largest file that is read.
  public static let maximumBytes = 1 << 20

  private static let limits = JSONLimits(bytes: maximumBytes, depth: 16, values: 100_000)

  private static let actions: [SeccompAction] = [
    .kill, .killProcess, .killThread, .trap, .errno, .trace, .allow, .log, .notify,
  ]

  private static let comparisons: [SeccompOperator] = [
    .notEqual, .less, .lessOrEqual, .equal, .greaterOrEqual, .greater, .maskedEqual,
  ]

  /// Reads a profile for one container.
  ///
  /// - Throws: ``PrivilegesError`` with the path of what is wrong, or the byte where the text is no JSON.
  public static func parse(_ bytes: [UInt8], for target: SeccompTarget) throws(PrivilegesError) -> SeccompProfile {
    let value: JSONValue
    do throws(JSONTextError) {
      value = try JSONValue(parsing: bytes, limits: limits)
    } catch {
      throw PrivilegesError(.invalid, "", "not a JSON document: \(error)")
    }
    var fields = try DocumentFields(value, place: "")
    guard let action = try fields.choice("defaultAction", Self.actions) else {
      throw fields.missing("defaultAction")
    }
    let template = try ProfileTemplate(
      defaultAction: action,
      defaultErrnoRet: errno("defaultErrnoRet", &fields),
      architectures: architectures(&fields, target.platform),
      flags: fields.strings("flags") ?? [],
      rules: rules(&fields)
    )
    try refuseListener(&fields)
    try fields.finish()
    return template.resolved(for: target)
  }

  private static func errno(_ name: String, _ fields: inout DocumentFields) throws(PrivilegesError) -> UInt32? {
    try fields.number(name, maximum: UInt64(UInt32.max)).map { UInt32(truncatingIfNeeded: $0) }
  }

  private static func refuseListener(_ fields: inout DocumentFields) throws(PrivilegesError) {
    for name in ["listenerPath", "listenerMetadata"] where fields.value(name) != nil {
      throw PrivilegesError(.unsupported, name, "serves SCMP_ACT_NOTIFY, which is not supported")
    }
  }

  private static func architectures(
    _ fields: inout DocumentFields,
    _ platform: SeccompPlatform
  ) throws(PrivilegesError) -> [String] {
    let listed = try fields.strings("architectures") ?? []
    guard let map = try fields.array("archMap") else { return listed }
    guard listed.isEmpty || map.isEmpty else {
      throw PrivilegesError(.invalid, "archMap", "architectures and archMap exclude each other; use one")
    }
    var chosen: [String] = listed
    for (index, element) in map.enumerated() {
      var entry = try DocumentFields(element, place: "archMap[\(index)]")
      guard let name = try entry.string("architecture") else { throw entry.missing("architecture") }
      let others = try entry.strings("subArchitectures") ?? []
      try entry.finish()
      if name == platform.primary.rawValue { chosen += [name] + others }
    }
    return chosen
  }

  private static func rules(_ fields: inout DocumentFields) throws(PrivilegesError) -> [ConditionalRule] {
    var rules: [ConditionalRule] = []
    for (index, element) in (try fields.array("syscalls") ?? []).enumerated() {
      var rule = try DocumentFields(element, place: "syscalls[\(index)]")
      rules.append(try conditionalRule(&rule))
      _ = try rule.string("comment")
      try rule.finish()
    }
    return rules
  }

  private static func conditionalRule(_ fields: inout DocumentFields) throws(PrivilegesError) -> ConditionalRule {
    let single = try fields.string("name")
    let several = try fields.strings("names")
    guard single == nil || several == nil else {
      throw PrivilegesError(.invalid, fields.path("name"), "name and names exclude each other; use names")
    }
    guard let names = several ?? single.map({ [$0] }) else { throw fields.missing("names") }
    guard let action = try fields.choice("action", Self.actions) else { throw fields.missing("action") }
    var rule = ConditionalRule(
      rule: SeccompRule(
        names: names,
        action: action,
        errnoRet: try errno("errnoRet", &fields),
        args: try arguments(&fields)
      )
    )
    if let included = fields.value("includes") {
      var filter = try DocumentFields(included, place: fields.path("includes"))
      rule.architectures = try filter.strings("arches") ?? []
      rule.capabilities = try CapabilitySet(names: filter.strings("caps") ?? [], field: filter.path("caps"))
      rule.minimumKernel = try kernel(&filter)
      try filter.finish()
    }
    if let excluded = fields.value("excludes") {
      var filter = try DocumentFields(excluded, place: fields.path("excludes"))
      rule.excludedArchitectures = try filter.strings("arches") ?? []
      rule.excludedCapabilities = try CapabilitySet(names: filter.strings("caps") ?? [], field: filter.path("caps"))
      rule.excludedFromKernel = try kernel(&filter)
      try filter.finish()
    }
    return rule
  }

  private static func kernel(_ fields: inout DocumentFields) throws(PrivilegesError) -> KernelVersion? {
    guard let text = try fields.string("minKernel") else { return nil }
    guard let version = KernelVersion(text) else {
      throw PrivilegesError(.invalid, fields.path("minKernel"), "expected a version such as 4.8, found \(quoted(text))")
    }
    return version
  }

  private static func arguments(_ fields: inout DocumentFields) throws(PrivilegesError) -> [SeccompArgument] {
    var arguments: [SeccompArgument] = []
    for (index, element) in (try fields.array("args") ?? []).enumerated() {
      var argument = try DocumentFields(element, place: fields.path("args[\(index)]"))
      guard let position = try argument.number("index", maximum: UInt64(UInt32.max)) else {
        throw argument.missing("index")
      }
      guard let value = try argument.number("value", maximum: .max) else { throw argument.missing("value") }
      let valueTwo = try argument.number("valueTwo", maximum: .max) ?? 0
      guard let comparison = try argument.choice("op", Self.comparisons) else { throw argument.missing("op") }
      try argument.finish()
      arguments.append(
        SeccompArgument(
          index: UInt32(truncatingIfNeeded: position),
          value: value,
          valueTwo: valueTwo,
          op: comparison
        )
      )
    }
    return arguments
  }
}
