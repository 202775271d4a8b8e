import JSONText

/// Everything that a new process of a container does between `clone3` and `execve`, as data.
///
/// All decisions are made before: the supervisor and its child interpret the plan in a fixed order and decide nothing.
/// Names have become numbers, capability sets masks, the filter bytes.
public struct LaunchPlan: Hashable, Sendable {
  /// Version of this form; the other side refuses any other.
  public static let version = 1

  /// The root filesystem.
  public var root: RootStep
  /// Whether the container gets a PID namespace of its own.
  public var newPIDNamespace: Bool
  /// Mounts, in order.
  public var mounts: [MountStep]
  /// Device nodes.
  public var devices: [DeviceStep]
  /// Symbolic links.
  public var links: [LinkStep]
  /// Paths that read as empty.
  public var maskedPaths: [String]
  /// Paths that become read-only.
  public var readonlyPaths: [String]
  /// The process.
  public var process: ProcessStep

  /// Makes a plan.
  public init(
    root: RootStep,
    newPIDNamespace: Bool,
    mounts: [MountStep],
    devices: [DeviceStep],
    links: [LinkStep],
    maskedPaths: [String],
    readonlyPaths: [String],
    process: ProcessStep
  ) {
    self.root = root
    self.newPIDNamespace = newPIDNamespace
    self.mounts = mounts
    self.devices = devices
    self.links = links
    self.maskedPaths = maskedPaths
    self.readonlyPaths = readonlyPaths
    self.process = process
  }

  /// The bytes that travel in a sealed memfd.
  public func serialized() -> [UInt8] {
    JSONValue.object([
      JSONMember("version", .number(Self.version)), JSONMember("root", root.json),
      JSONMember("newPIDNamespace", .bool(newPIDNamespace)), JSONMember("mounts", .array(mounts.map(\.json))),
      JSONMember("devices", .array(devices.map(\.json))), JSONMember("links", .array(links.map(\.json))),
      JSONMember("maskedPaths", .strings(maskedPaths)), JSONMember("readonlyPaths", .strings(readonlyPaths)),
      JSONMember("process", process.json),
    ]).serialized()
  }

  /// Reads those bytes.
  public init(parsing bytes: [UInt8]) throws(MalformedMessage) {
    let fields = try FieldReader(try .parse(bytes), at: "plan")
    guard try fields.integer("version", as: Int.self) == Self.version else {
      throw fields.error("version", "\(Self.version)")
    }
    root = try RootStep(try fields.object("root"))
    newPIDNamespace = try fields.bool("newPIDNamespace")
    mounts = try fields.list("mounts") { (value, path) throws(MalformedMessage) in try MountStep(value, path) }
    devices = try fields.list("devices") { (value, path) throws(MalformedMessage) in try DeviceStep(value, path) }
    links = try fields.list("links") { (value, path) throws(MalformedMessage) in try LinkStep(value, path) }
    maskedPaths = try fields.strings("maskedPaths")
    readonlyPaths = try fields.strings("readonlyPaths")
    process = try ProcessStep(try fields.object("process"))
  }
}
