import JSONText

/// What a supervisor sets up before its first container.
public struct SandboxPlan: Hashable, Sendable {
  /// The pod's identifier, for messages.
  public var id: String
  /// Host name of its UTS namespace; empty keeps the host's namespace.
  public var hostname: String
  /// Whether it has a network namespace of its own.
  public var newNetwork: Bool
  /// Whether that one was made ahead, and comes with the plan.
  public var networkIsGiven: Bool
  /// Whether it makes an IPC namespace.
  public var newIPC: Bool
  /// Whether its containers share a PID namespace, whose first process only reaps.
  public var sharedPIDs: Bool
  /// Kernel parameters of its namespaces: path below `/proc/sys` and value.
  public var sysctls: [Sysctl]
  /// Bytes of the memory filesystem that the containers share; 0 makes none.
  public var sharedMemoryBytes: Int64
  /// The directory that it is mounted on, in the supervisor's mount namespace only.
  public var sharedMemoryPath: String
  /// The directory below which mounts are attached for containers to bind from, in the supervisor's mount namespace only.
  public var mountsPath: String
  /// Seconds between stop signal and SIGKILL once the owner has gone; `nil` lets containers run on.
  public var graceAfterOwner: Int?
  /// Whether `/sys/fs/cgroup` is replaced by the unified hierarchy in the supervisor's own mount namespace, for
  /// command-line runtimes that refuse a host with v1 controllers.
  public var unifiedCgroupView: Bool

  /// Makes a plan.
  public init(
    id: String,
    hostname: String,
    newNetwork: Bool,
    networkIsGiven: Bool = false,
    newIPC: Bool,
    sharedPIDs: Bool,
    sysctls: [Sysctl],
    sharedMemoryBytes: Int64,
    sharedMemoryPath: String,
    mountsPath: String,
    graceAfterOwner: Int?,
    unifiedCgroupView: Bool = false
  ) {
    self.id = id
    self.hostname = hostname
    self.newNetwork = newNetwork
    self.networkIsGiven = networkIsGiven
    self.newIPC = newIPC
    self.sharedPIDs = sharedPIDs
    self.sysctls = sysctls
    self.sharedMemoryBytes = sharedMemoryBytes
    self.sharedMemoryPath = sharedMemoryPath
    self.mountsPath = mountsPath
    self.graceAfterOwner = graceAfterOwner
    self.unifiedCgroupView = unifiedCgroupView
  }

  var members: [JSONMember] {
    var members = [
      JSONMember("id", .string(id)), JSONMember("hostname", .string(hostname)),
      JSONMember("newNetwork", .bool(newNetwork)), JSONMember("newIPC", .bool(newIPC)),
      JSONMember("networkIsGiven", .bool(networkIsGiven)),
      JSONMember("sharedPIDs", .bool(sharedPIDs)), JSONMember("sysctls", .array(sysctls.map(\.json))),
      JSONMember("sharedMemoryBytes", .integer(sharedMemoryBytes)),
      JSONMember("sharedMemoryPath", .string(sharedMemoryPath)), JSONMember("mountsPath", .string(mountsPath)),
      JSONMember("unifiedCgroupView", .bool(unifiedCgroupView)),
    ]
    if let graceAfterOwner { members.append(JSONMember("graceAfterOwner", .number(graceAfterOwner))) }
    return members
  }

  init(_ fields: FieldReader) throws(MalformedMessage) {
    id = try fields.string("id")
    hostname = try fields.string("hostname")
    newNetwork = try fields.bool("newNetwork")
    networkIsGiven = try fields.bool("networkIsGiven")
    newIPC = try fields.bool("newIPC")
    sharedPIDs = try fields.bool("sharedPIDs")
    sysctls = try fields.list("sysctls") { (value, path) throws(MalformedMessage) in try Sysctl(value, path) }
    sharedMemoryBytes = try fields.integer("sharedMemoryBytes")
    sharedMemoryPath = try fields.string("sharedMemoryPath")
    mountsPath = try fields.string("mountsPath")
    graceAfterOwner = fields.has("graceAfterOwner") ? try fields.integer("graceAfterOwner") : nil
    unifiedCgroupView = try fields.bool("unifiedCgroupView")
  }
}

/// One kernel parameter. Key and value stay apart all the way (CVE-2022-0811 split a value at its `+`).
public struct Sysctl: Hashable, Sendable {
  /// Path below `/proc/sys`: `net/ipv4/ip_forward`.
  public var path: String
  /// What is written.
  public var value: String

  /// Makes a parameter.
  public init(path: String, value: String) {
    self.path = path
    self.value = value
  }

  var json: JSONValue { .object([JSONMember("path", .string(path)), JSONMember("value", .string(value))]) }

  init(_ value: JSONValue, _ path: String) throws(MalformedMessage) {
    let fields = try FieldReader(value, at: path)
    self.path = try fields.string("path")
    self.value = try fields.string("value")
  }
}
