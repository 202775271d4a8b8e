import JSONText

extension ImageConfiguration {
  /// Reads the `config` object (OCI image specification, config.md, "Properties").
  init(_ config: DocumentField) throws(DocumentError) {
    self.init()
    // Of what is no object every member would seem to be absent.
    _ = try config.members()
    entrypoint = try Self.strings(config["Entrypoint"])
    cmd = try Self.strings(config["Cmd"])
    env = try Self.environment(config["Env"])
    user = try Self.nonEmpty(config["User"].string(atMost: Self.longestName))
    workingDir = try Self.directory(config["WorkingDir"])
    stopSignal = try Self.signal(config["StopSignal"])
    volumes = try Self.keys(config["Volumes"], Self.checkPath)
    exposedPorts = try Self.keys(config["ExposedPorts"], Self.checkPort)
    labels = try Self.labels(config["Labels"])
  }

  private static func nonEmpty(_ text: String?) -> String? { text.flatMap { $0.isEmpty ? nil : $0 } }

  private static func strings(_ list: DocumentField) throws(DocumentError) -> [String]? {
    guard let elements = try list.elements(atMost: mostElements) else { return nil }
    var strings: [String] = []
    for element in elements { strings.append(try element.requiredString(atMost: longestString)) }
    return strings
  }

  /// A later definition of a name replaces an earlier one, in its place: that is what a shell or Docker shows.
  private static func environment(_ list: DocumentField) throws(DocumentError) -> [String] {
    var variables: [String] = []
    var byName: [String: Int] = [:]
    for element in try list.elements(atMost: mostElements) ?? [] {
      let variable = try element.requiredString(atMost: longestString)
      guard let sign = variable.utf8.firstIndex(of: UInt8(ascii: "=")), sign != variable.startIndex else {
        throw element.failure("expected NAME=value")
      }
      let name = String(variable[..<sign])
      if let place = byName[name] {
        variables[place] = variable
      } else {
        byName[name] = variables.count
        variables.append(variable)
      }
    }
    return variables
  }

  private static func directory(_ field: DocumentField) throws(DocumentError) -> String? {
    guard let path = nonEmpty(try field.string(atMost: longestPath)) else { return nil }
    try checkPath(field, path)
    return path
  }

  private static func checkPath(_ field: DocumentField, _ path: String) throws(DocumentError) {
    guard path.utf8.first == UInt8(ascii: "/") else { throw field.failure("expected an absolute path") }
    guard path.utf8.count <= longestPath else { throw field.failure("the path is longer than \(longestPath) bytes") }
  }

  private static func signal(_ field: DocumentField) throws(DocumentError) -> String? {
    guard let name = nonEmpty(try field.string(atMost: 32)) else { return nil }
    let isPlausible = name.utf8.allSatisfy {
      $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-")
    }
    guard isPlausible else { throw field.failure("expected a signal's name or number, such as SIGTERM") }
    return name
  }

  private static func checkPort(_ field: DocumentField, _ text: String) throws(DocumentError) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    let isPort = parts[0].utf8.allSatisfy(\.isDigit) && UInt16(parts[0]).map { $0 > 0 } ?? false
    let isProtocol = parts.count == 1 || (parts.count == 2 && ["tcp", "udp", "sctp"].contains(parts[1].lowercased()))
    guard isPort, isProtocol else { throw field.failure("expected <port>, <port>/tcp, <port>/udp or <port>/sctp") }
  }

  /// The names of a map whose values say nothing (`{"/data": {}}`).
  private static func keys(
    _ map: DocumentField,
    _ check: (DocumentField, String) throws(DocumentError) -> Void
  ) throws(DocumentError) -> [String] {
    let members = try map.members()
    guard members.count <= mostElements else { throw map.failure("has more than \(mostElements) members") }
    var names: [String] = []
    for (name, field) in members {
      let name = try field.checked(name, atMost: longestName)
      try check(field, name)
      names.append(name)
    }
    return names.sorted()
  }

  private static func labels(_ map: DocumentField) throws(DocumentError) -> [String: String] {
    let members = try map.members()
    guard members.count <= mostElements else { throw map.failure("has more than \(mostElements) members") }
    var labels: [String: String] = [:]
    for (name, field) in members {
      let name = try field.checked(name, atMost: longestName)
      labels[name] = try field.string(atMost: longestString) ?? ""
    }
    return labels
  }

  /// The `config` object, names sorted, what is not set left out.
  var json: JSONValue {
    func strings(_ list: [String]) -> JSONValue { .array(list.map { .string($0) }) }
    func set(_ names: [String]) -> JSONValue {
      .object(Array(Set(names)).sorted().map { JSONMember($0, .object([])) })
    }
    var members: [JSONMember] = []
    if let cmd { members.append(JSONMember("Cmd", strings(cmd))) }
    if let entrypoint { members.append(JSONMember("Entrypoint", strings(entrypoint))) }
    if !env.isEmpty { members.append(JSONMember("Env", strings(env))) }
    if !exposedPorts.isEmpty { members.append(JSONMember("ExposedPorts", set(exposedPorts))) }
    if !labels.isEmpty {
      let sorted = labels.sorted { $0.key < $1.key }
      members.append(JSONMember("Labels", .object(sorted.map { JSONMember($0.key, .string($0.value)) })))
    }
    if let stopSignal { members.append(JSONMember("StopSignal", .string(stopSignal))) }
    if let user { members.append(JSONMember("User", .string(user))) }
    if !volumes.isEmpty { members.append(JSONMember("Volumes", set(volumes))) }
    if let workingDir { members.append(JSONMember("WorkingDir", .string(workingDir))) }
    return .object(members)
  }
}
