import JSONText

/// How the root filesystem comes to be.
public struct RootStep: Hashable, Sendable {
  /// Layers, the lowest first; with one layer and no `upper` it is used as it is.
  public var layers: [String]
  /// Writable directory on top; empty for a directory that is used as it is.
  public var upper: String
  /// overlayfs's own directory, on the filesystem of `upper`.
  public var work: String
  /// An empty directory of the host on which the root is mounted, inside the container's mount namespace only.
  public var mountPoint: String
  /// Whether it becomes read-only once everything in it is made.
  public var readonly: Bool
  /// Whether device nodes that are in the image may be opened: only in privileged containers.
  public var devices: Bool

  /// Makes a step.
  public init(layers: [String], upper: String, work: String, mountPoint: String, readonly: Bool, devices: Bool) {
    self.layers = layers
    self.upper = upper
    self.work = work
    self.mountPoint = mountPoint
    self.readonly = readonly
    self.devices = devices
  }

  var json: JSONValue {
    .object([
      JSONMember("layers", .strings(layers)), JSONMember("upper", .string(upper)), JSONMember("work", .string(work)),
      JSONMember("mountPoint", .string(mountPoint)), JSONMember("readonly", .bool(readonly)),
      JSONMember("devices", .bool(devices)),
    ])
  }

  init(_ fields: FieldReader) throws(MalformedMessage) {
    layers = try fields.strings("layers")
    guard !layers.isEmpty else { throw fields.error("layers", "at least one layer") }
    upper = try fields.string("upper")
    work = try fields.string("work")
    mountPoint = try fields.string("mountPoint")
    readonly = try fields.bool("readonly")
    devices = try fields.bool("devices")
  }
}
