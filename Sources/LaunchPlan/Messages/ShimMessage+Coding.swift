import JSONText

extension ShimMessage {
  /// The datagram.
  public func serialized() -> [UInt8] {
    let members: [JSONMember] =
      switch self {
      case .ended(let end): [JSONMember("ended", end.json)]
      case .reply(let number, let reply): [JSONMember("number", .integer(number))] + reply.members
      }
    return JSONValue.object([JSONMember("version", .number(ShimRequest.version))] + members).serialized()
  }

  /// Reads a datagram.
  public init(parsing bytes: [UInt8]) throws(MalformedMessage) {
    let fields = try FieldReader(try .parse(bytes), at: "message")
    guard try fields.integer("version", as: Int.self) == ShimRequest.version else {
      throw fields.error("version", "\(ShimRequest.version)")
    }
    if fields.has("ended") {
      self = .ended(try ProcessEnd(try fields.object("ended")))
    } else {
      self = .reply(number: try fields.integer("number"), try ShimReply(fields))
    }
  }
}

extension ShimReply {
  fileprivate var members: [JSONMember] {
    switch self {
    case .done: [JSONMember("done", .bool(true))]
    case .process(let pid, let startedAt, let launch, let descriptors):
      [JSONMember("pid", .number(pid)), JSONMember("descriptors", .strings(descriptors.map(\.rawValue)))]
        + optional("startedAt", startedAt?.json) + optional("launch", launch.map { .integer($0) })
    case .state(let records): [JSONMember("containers", .array(records.map(\.json)))]
    case .failure(let failure): [JSONMember("failure", failure.json)]
    }
  }

  fileprivate init(_ fields: FieldReader) throws(MalformedMessage) {
    if fields.has("failure") {
      self = .failure(try Failure(try fields.object("failure")))
    } else if fields.has("pid") {
      let roles = try fields.strings("descriptors")
      let known = roles.compactMap(DescriptorRole.init(rawValue:))
      guard known.count == roles.count else { throw fields.error("descriptors", "known roles") }
      self = .process(
        pid: try fields.integer("pid"),
        startedAt: try EventTime.optional("startedAt", in: fields),
        launch: fields.has("launch") ? try fields.integer("launch") : nil,
        descriptors: known
      )
    } else if fields.has("containers") {
      self = .state(
        try fields.list("containers") { (value, path) throws(MalformedMessage) in
          try ContainerRecord(try FieldReader(value, at: path))
        }
      )
    } else if try fields.bool("done") {
      self = .done
    } else {
      throw fields.error("done", "true")
    }
  }
}

private func optional(_ name: String, _ value: JSONValue?) -> [JSONMember] {
  value.map { [JSONMember(name, $0)] } ?? []
}

extension Failure {
  fileprivate var json: JSONValue {
    .object([
      JSONMember("kind", .string(kind.rawValue)), JSONMember("step", .string(step)),
      JSONMember("errno", .number(errno)), JSONMember("detail", .string(detail)),
    ])
  }

  fileprivate init(_ fields: FieldReader) throws(MalformedMessage) {
    kind = try fields.choice("kind")
    step = try fields.string("step")
    errno = try fields.integer("errno")
    detail = try fields.string("detail")
  }
}

extension EventTime {
  fileprivate var json: JSONValue { .array([.integer(seconds), .integer(nanoseconds)]) }

  fileprivate static func optional(_ name: String, in fields: FieldReader) throws(MalformedMessage) -> EventTime? {
    fields.has(name) ? try EventTime(name, in: fields) : nil
  }

  fileprivate init(_ name: String, in fields: FieldReader) throws(MalformedMessage) {
    let parts = try fields.list(name) { (value, path) throws(MalformedMessage) in
      guard let part = value.integer else { throw MalformedMessage(path: path, expected: "an integer") }
      return part
    }
    guard parts.count == 2, (0..<1_000_000_000).contains(parts[1]) else {
      throw fields.error(name, "seconds and nanoseconds")
    }
    self.init(seconds: parts[0], nanoseconds: parts[1])
  }
}

extension ProcessEnd {
  fileprivate var json: JSONValue {
    .object(
      [
        JSONMember("name", .string(name)), JSONMember("isSession", .bool(isSession)),
        JSONMember("code", .number(code)), JSONMember("signaled", .bool(signaled)),
        JSONMember("oomKilled", .bool(oomKilled)), JSONMember("finishedAt", finishedAt.json),
      ] + optional("startedAt", startedAt?.json)
    )
  }

  /// The text of the exit record on disk.
  public func serialized() -> [UInt8] { json.serialized() }

  /// Reads an exit record.
  public init(parsing bytes: [UInt8]) throws(MalformedMessage) {
    try self.init(try FieldReader(try .parse(bytes), at: "exit"))
  }

  fileprivate init(_ fields: FieldReader) throws(MalformedMessage) {
    name = try fields.string("name")
    isSession = try fields.bool("isSession")
    code = try fields.integer("code")
    signaled = try fields.bool("signaled")
    oomKilled = try fields.bool("oomKilled")
    startedAt = try EventTime.optional("startedAt", in: fields)
    finishedAt = try EventTime("finishedAt", in: fields)
  }
}

extension ContainerRecord {
  fileprivate var json: JSONValue {
    .object(
      [JSONMember("container", .string(container)), JSONMember("pid", .number(pid))]
        + optional("startedAt", startedAt?.json) + optional("end", end?.json)
    )
  }

  fileprivate init(_ fields: FieldReader) throws(MalformedMessage) {
    container = try fields.string("container")
    pid = try fields.integer("pid")
    startedAt = try EventTime.optional("startedAt", in: fields)
    end = fields.has("end") ? try ProcessEnd(try fields.object("end")) : nil
  }
}
