import JSONText

extension ShimRequest {
  /// The datagram.
  public func serialized() -> [UInt8] {
    let (word, members) = operation.wordAndMembers
    return JSONValue.object(
      [
        JSONMember("version", .number(Self.version)), JSONMember("number", .integer(number)),
        JSONMember("operation", .string(word)),
      ] + members
    ).serialized()
  }

  /// Reads a datagram.
  public init(parsing bytes: [UInt8]) throws(MalformedMessage) {
    let fields = try FieldReader(try .parse(bytes), at: "request")
    guard try fields.integer("version", as: Int.self) == Self.version else {
      throw fields.error("version", "\(Self.version)")
    }
    number = try fields.integer("number")
    operation = try Operation(fields)
  }
}

extension ShimRequest.Operation {
  fileprivate var wordAndMembers: (String, [JSONMember]) {
    switch self {
    case .sandbox(let plan): ("sandbox", plan.members)
    case .stock(let plan): ("stock", plan.members)
    case .create(let request): ("create", request.members)
    case .createExternal(let request): ("createExternal", request.members)
    case .start(let container): ("start", [JSONMember("container", .string(container))])
    case .signal(let container, let signal, let everyProcess):
      (
        "signal",
        [
          JSONMember("container", .string(container)), JSONMember("signal", .number(signal)),
          JSONMember("everyProcess", .bool(everyProcess)),
        ]
      )
    case .exec(let request): ("exec", request.members)
    case .killExec(let session): ("killExec", [JSONMember("session", .string(session))])
    case .attach(let container): ("attach", [JSONMember("container", .string(container))])
    case .delete(let container): ("delete", [JSONMember("container", .string(container))])
    case .network: ("network", [])
    case .hold(let container): ("hold", [JSONMember("container", .string(container))])
    case .addMount(let name): ("addMount", [JSONMember("name", .string(name))])
    case .addSubPath(let name, let volume, let path):
      (
        "addSubPath",
        [JSONMember("name", .string(name)), JSONMember("volume", .string(volume)), JSONMember("path", .string(path))]
      )
    case .removeMount(let name): ("removeMount", [JSONMember("name", .string(name))])
    case .state: ("state", [])
    case .shutDown: ("shutDown", [])
    }
  }

  fileprivate init(_ fields: FieldReader) throws(MalformedMessage) {
    switch try fields.string("operation") {
    case "sandbox": self = .sandbox(try SandboxPlan(fields))
    case "stock": self = .stock(try StockPlan(fields))
    case "create": self = .create(try CreateContainer(fields))
    case "createExternal": self = .createExternal(try ExternalContainer(fields))
    case "start": self = .start(container: try fields.string("container"))
    case "signal":
      self = .signal(
        container: try fields.string("container"),
        signal: try fields.integer("signal"),
        everyProcess: try fields.bool("everyProcess")
      )
    case "exec": self = .exec(try StartExec(fields))
    case "killExec": self = .killExec(session: try fields.string("session"))
    case "attach": self = .attach(container: try fields.string("container"))
    case "delete": self = .delete(container: try fields.string("container"))
    case "network": self = .network
    case "hold": self = .hold(container: try fields.string("container"))
    case "addMount": self = .addMount(name: try fields.string("name"))
    case "addSubPath":
      self = .addSubPath(
        name: try fields.string("name"),
        volume: try fields.string("volume"),
        path: try fields.string("path")
      )
    case "removeMount": self = .removeMount(name: try fields.string("name"))
    case "state": self = .state
    case "shutDown": self = .shutDown
    default: throw fields.error("operation", "an operation of protocol version \(ShimRequest.version)")
    }
  }
}
