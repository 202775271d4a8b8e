import JSONText

/// One mount inside the container.
public struct MountStep: Hashable, Sendable {
  /// What is mounted.
  public enum Source: Hashable, Sendable {
    /// A new filesystem of this type, with options `name` or `name=value`.
    case filesystem(type: String, options: [String])
    /// A copy of the host's mount at this path.
    case bind(path: String, recursive: Bool)
  }

  /// What is mounted.
  public var source: Source
  /// Absolute path inside the container.
  public var target: String
  /// MOUNT_ATTR_* of `mount_setattr(2)` for the mount itself.
  public var attributes: UInt32
  /// The same for the mount and all that is mounted below it.
  public var recursiveAttributes: UInt32
  /// Whether what the host mounts below it later appears, and what it unmounts goes (MS_SLAVE); only for a bind.
  public var followsHost: Bool

  /// Makes a step.
  public init(
    source: Source,
    target: String,
    attributes: UInt32,
    recursiveAttributes: UInt32 = 0,
    followsHost: Bool = false
  ) {
    self.source = source
    self.target = target
    self.attributes = attributes
    self.recursiveAttributes = recursiveAttributes
    self.followsHost = followsHost
  }

  var json: JSONValue {
    var members: [JSONMember]
    switch source {
    case .filesystem(let type, let options):
      members = [JSONMember("type", .string(type)), JSONMember("options", .strings(options))]
    case .bind(let path, let recursive):
      members = [JSONMember("bind", .string(path)), JSONMember("recursive", .bool(recursive))]
    }
    members += [JSONMember("target", .string(target)), JSONMember("attributes", .number(attributes))]
    if recursiveAttributes != 0 { members.append(JSONMember("recursiveAttributes", .number(recursiveAttributes))) }
    if followsHost { members.append(JSONMember("followsHost", .bool(true))) }
    return .object(members)
  }

  init(_ value: JSONValue, _ path: String) throws(MalformedMessage) {
    let fields = try FieldReader(value, at: path)
    if fields.has("bind") {
      source = .bind(path: try fields.string("bind"), recursive: try fields.bool("recursive"))
    } else {
      source = .filesystem(type: try fields.string("type"), options: try fields.strings("options"))
    }
    target = try fields.string("target")
    attributes = try fields.integer("attributes")
    recursiveAttributes = fields.has("recursiveAttributes") ? try fields.integer("recursiveAttributes") : 0
    followsHost = fields.has("followsHost") ? try fields.bool("followsHost") : false
  }
}

/// One device node.
public struct DeviceStep: Hashable, Sendable {
  /// Absolute path inside the container, below `/dev`.
  public var path: String
  /// File type and permission bits (`S_IFCHR | 0666`).
  public var mode: UInt32
  /// Major number.
  public var major: UInt32
  /// Minor number.
  public var minor: UInt32
  /// Owner.
  public var uid: UInt32
  /// Group.
  public var gid: UInt32

  /// Makes a step.
  public init(path: String, mode: UInt32, major: UInt32, minor: UInt32, uid: UInt32 = 0, gid: UInt32 = 0) {
    self.path = path
    self.mode = mode
    self.major = major
    self.minor = minor
    self.uid = uid
    self.gid = gid
  }

  var json: JSONValue {
    .object([
      JSONMember("path", .string(path)), JSONMember("mode", .number(mode)), JSONMember("major", .number(major)),
      JSONMember("minor", .number(minor)), JSONMember("uid", .number(uid)), JSONMember("gid", .number(gid)),
    ])
  }

  init(_ value: JSONValue, _ path: String) throws(MalformedMessage) {
    let fields = try FieldReader(value, at: path)
    self.path = try fields.string("path")
    mode = try fields.integer("mode")
    major = try fields.integer("major")
    minor = try fields.integer("minor")
    uid = try fields.integer("uid")
    gid = try fields.integer("gid")
  }
}

/// One symbolic link.
public struct LinkStep: Hashable, Sendable {
  /// Absolute path inside the container, below `/dev`.
  public var path: String
  /// What it points to.
  public var target: String

  /// Makes a step.
  public init(path: String, target: String) {
    self.path = path
    self.target = target
  }

  var json: JSONValue { .object([JSONMember("path", .string(path)), JSONMember("target", .string(target))]) }

  init(_ value: JSONValue, _ path: String) throws(MalformedMessage) {
    let fields = try FieldReader(value, at: path)
    self.path = try fields.string("path")
    target = try fields.string("target")
  }
}
