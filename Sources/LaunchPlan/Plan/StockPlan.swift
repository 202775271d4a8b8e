import JSONText

/// What a supervisor makes while it has nothing else to do, for containers that are still to come: filesystems that look
/// the same in every container and need nothing of it.
public struct StockPlan: Hashable, Sendable {
  /// How many containers will come. Each takes what fits its own plan, and makes the rest itself.
  public var containers: Int
  /// The mounts that they will most likely ask for, in order.
  public var mounts: [MountStep]
  /// The nodes of their `/dev`.
  public var devices: [DeviceStep]
  /// The links of their `/dev`.
  public var links: [LinkStep]

  /// Makes a plan.
  public init(containers: Int, mounts: [MountStep], devices: [DeviceStep], links: [LinkStep]) {
    self.containers = containers
    self.mounts = mounts
    self.devices = devices
    self.links = links
  }

  var members: [JSONMember] {
    [
      JSONMember("containers", .number(containers)), JSONMember("mounts", .array(mounts.map(\.json))),
      JSONMember("devices", .array(devices.map(\.json))), JSONMember("links", .array(links.map(\.json))),
    ]
  }

  init(_ fields: FieldReader) throws(MalformedMessage) {
    containers = try fields.integer("containers")
    mounts = try fields.list("mounts") { (value, path) throws(MalformedMessage) in try MountStep(value, path) }
    devices = try fields.list("devices") { (value, path) throws(MalformedMessage) in try DeviceStep(value, path) }
    links = try fields.list("links") { (value, path) throws(MalformedMessage) in try LinkStep(value, path) }
  }
}
