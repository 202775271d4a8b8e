import JSONText

/// What runs, as whom and with which privileges.
public struct ProcessStep: Hashable, Sendable {
  /// Program and arguments; a program without a slash is searched in `PATH` of `environment`.
  public var arguments: [String]
  /// `NAME=value`.
  public var environment: [String]
  /// Working directory inside the container; it is made if it is missing.
  public var workingDirectory: String
  /// User id.
  public var uid: UInt32
  /// Primary group id.
  public var gid: UInt32
  /// The exact list of `setgroups(2)`.
  public var groups: [UInt32]
  /// File mode creation mask.
  public var umask: UInt32
  /// The five capability sets.
  public var capabilities: CapabilityMasks
  /// `PR_SET_NO_NEW_PRIVS`.
  public var noNewPrivileges: Bool
  /// Limits (`setrlimit(2)`).
  public var limits: [LimitStep]
  /// `oom_score_adj`; `nil` leaves it.
  public var oomScoreAdj: Int32?
  /// Whether the standard streams are a terminal, which becomes the controlling one.
  public var terminal: Bool
  /// Name of the session keyring (`keyctl_join_session_keyring(3)`).
  public var keyring: String
  /// Flags of `seccomp(2)` for the filter that travels beside the plan.
  public var filterFlags: UInt32

  /// Makes a step.
  public init(
    arguments: [String],
    environment: [String],
    workingDirectory: String,
    uid: UInt32,
    gid: UInt32,
    groups: [UInt32],
    umask: UInt32,
    capabilities: CapabilityMasks,
    noNewPrivileges: Bool,
    limits: [LimitStep],
    oomScoreAdj: Int32?,
    terminal: Bool,
    keyring: String,
    filterFlags: UInt32
  ) {
    self.arguments = arguments
    self.environment = environment
    self.workingDirectory = workingDirectory
    self.uid = uid
    self.gid = gid
    self.groups = groups
    self.umask = umask
    self.capabilities = capabilities
    self.noNewPrivileges = noNewPrivileges
    self.limits = limits
    self.oomScoreAdj = oomScoreAdj
    self.terminal = terminal
    self.keyring = keyring
    self.filterFlags = filterFlags
  }

  /// The bytes that travel in a sealed memfd for another process of a running container.
  public func serialized() -> [UInt8] {
    JSONValue.object([JSONMember("version", .number(LaunchPlan.version)), JSONMember("process", json)]).serialized()
  }

  /// Reads those bytes.
  public init(parsing bytes: [UInt8]) throws(MalformedMessage) {
    let fields = try FieldReader(try .parse(bytes), at: "exec")
    guard try fields.integer("version", as: Int.self) == LaunchPlan.version else {
      throw fields.error("version", "\(LaunchPlan.version)")
    }
    try self.init(try fields.object("process"))
  }

  var json: JSONValue {
    var members = [
      JSONMember("arguments", .strings(arguments)), JSONMember("environment", .strings(environment)),
      JSONMember("workingDirectory", .string(workingDirectory)), JSONMember("uid", .number(uid)),
      JSONMember("gid", .number(gid)), JSONMember("groups", .array(groups.map { .number($0) })),
      JSONMember("umask", .number(umask)), JSONMember("capabilities", capabilities.json),
      JSONMember("noNewPrivileges", .bool(noNewPrivileges)), JSONMember("limits", .array(limits.map(\.json))),
      JSONMember("terminal", .bool(terminal)), JSONMember("keyring", .string(keyring)),
      JSONMember("filterFlags", .number(filterFlags)),
    ]
    if let oomScoreAdj { members.append(JSONMember("oomScoreAdj", .number(oomScoreAdj))) }
    return .object(members)
  }

  init(_ fields: FieldReader) throws(MalformedMessage) {
    arguments = try fields.strings("arguments")
    guard arguments.first?.isEmpty == false else { throw fields.error("arguments", "a program") }
    environment = try fields.strings("environment")
    workingDirectory = try fields.string("workingDirectory")
    uid = try fields.integer("uid")
    gid = try fields.integer("gid")
    groups = try fields.list("groups") { (value, path) throws(MalformedMessage) in
      guard let group = value.integer, let exact = UInt32(exactly: group) else {
        throw MalformedMessage(path: path, expected: "a group id")
      }
      return exact
    }
    umask = try fields.integer("umask")
    capabilities = try CapabilityMasks(try fields.object("capabilities"))
    noNewPrivileges = try fields.bool("noNewPrivileges")
    limits = try fields.list("limits") { (value, path) throws(MalformedMessage) in try LimitStep(value, path) }
    oomScoreAdj = fields.has("oomScoreAdj") ? try fields.integer("oomScoreAdj") : nil
    terminal = try fields.bool("terminal")
    keyring = try fields.string("keyring")
    filterFlags = try fields.integer("filterFlags")
  }
}

/// The five capability sets of `capabilities(7)`, bit n for capability number n.
public struct CapabilityMasks: Hashable, Sendable {
  /// Upper bound over `execve(2)`.
  public var bounding: UInt64
  /// What is in force.
  public var effective: UInt64
  /// What may be put in force.
  public var permitted: UInt64
  /// What `execve(2)` may pass on.
  public var inheritable: UInt64
  /// What survives `execve(2)` of an ordinary program.
  public var ambient: UInt64

  /// Makes the sets.
  public init(bounding: UInt64, effective: UInt64, permitted: UInt64, inheritable: UInt64 = 0, ambient: UInt64 = 0) {
    self.bounding = bounding
    self.effective = effective
    self.permitted = permitted
    self.inheritable = inheritable
    self.ambient = ambient
  }

  var json: JSONValue {
    .object([
      JSONMember("bounding", .mask(bounding)), JSONMember("effective", .mask(effective)),
      JSONMember("permitted", .mask(permitted)), JSONMember("inheritable", .mask(inheritable)),
      JSONMember("ambient", .mask(ambient)),
    ])
  }

  init(_ fields: FieldReader) throws(MalformedMessage) {
    bounding = try fields.mask("bounding")
    effective = try fields.mask("effective")
    permitted = try fields.mask("permitted")
    inheritable = try fields.mask("inheritable")
    ambient = try fields.mask("ambient")
  }
}

/// One limit of `setrlimit(2)`.
public struct LimitStep: Hashable, Sendable {
  /// The kernel's number of the resource.
  public var resource: Int32
  /// Soft limit; all ones is infinity.
  public var soft: UInt64
  /// Hard limit.
  public var hard: UInt64

  /// Makes a step.
  public init(resource: Int32, soft: UInt64, hard: UInt64) {
    self.resource = resource
    self.soft = soft
    self.hard = hard
  }

  var json: JSONValue {
    .object([
      JSONMember("resource", .number(resource)), JSONMember("soft", .mask(soft)), JSONMember("hard", .mask(hard)),
    ])
  }

  init(_ value: JSONValue, _ path: String) throws(MalformedMessage) {
    let fields = try FieldReader(value, at: path)
    resource = try fields.integer("resource")
    soft = try fields.mask("soft")
    hard = try fields.mask("hard")
  }
}
