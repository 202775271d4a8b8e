import JSONText

/// The OCI image configuration document: the platform, the layers' diffIDs and how to run the image. Its SHA-256 is the
/// image's id.
struct ImageDocument: Equatable {
  /// The largest document in bytes that is read.
  static let limit = 4 << 20
  /// More layers than the kernel stacks (overlayfs: 500), and than one page of mount options names.
  static let mostLayers = 127

  var architecture: String
  var os: String
  var variant: String?
  /// RFC 3339, as the document has it; nil when it has none.
  var created: String?
  var configuration: ImageConfiguration
  /// Of the uncompressed layers, lowest first.
  var diffIDs: [ContentDigest]

  init(
    architecture: String,
    os: String,
    created: String?,
    configuration: ImageConfiguration,
    diffIDs: [ContentDigest]
  ) {
    self.architecture = architecture
    self.os = os
    self.created = created
    self.configuration = configuration
    self.diffIDs = diffIDs
  }

  /// What the image runs on.
  var platform: Platform { Platform(os: os, architecture: architecture, variant: variant) }

  /// Reads an untrusted document.
  init(parsing bytes: [UInt8]) throws(DocumentError) {
    let root = try DocumentField("image configuration", bytes, limit: Self.limit)
    architecture = try root["architecture"].requiredString(atMost: 64)
    os = try root["os"].requiredString(atMost: 64)
    variant = try root["variant"].string(atMost: 64)
    created = try Self.time(root["created"])
    configuration = try ImageConfiguration(root["config"])
    let type = try root["rootfs"]["type"].requiredString(atMost: 64)
    guard type == "layers" else { throw root["rootfs"]["type"].failure("expected \"layers\"") }
    let list = root["rootfs"]["diff_ids"]
    guard let elements = try list.elements(atMost: Self.mostLayers) else { throw list.failure("is missing") }
    var diffIDs: [ContentDigest] = []
    for element in elements { diffIDs.append(try element.digest()) }
    self.diffIDs = diffIDs
  }

  private static func time(_ field: DocumentField) throws(DocumentError) -> String? {
    guard let text = try field.string(atMost: 64) else { return nil }
    let bytes = Array(text.utf8)
    let allowed = bytes.allSatisfy { $0.isDigit || "-:.TZ+tz ".utf8.contains($0) }
    guard bytes.count >= 20, allowed else { throw field.failure("expected a time as in RFC 3339") }
    return text
  }

  /// The document, names sorted: equal values give equal bytes.
  var serialized: [UInt8] {
    var members = [JSONMember("architecture", .string(architecture)), JSONMember("config", configuration.json)]
    if let created { members.append(JSONMember("created", .string(created))) }
    members.append(JSONMember("os", .string(os)))
    members.append(
      JSONMember(
        "rootfs",
        .object([
          JSONMember("diff_ids", .array(diffIDs.map { .string($0.description) })),
          JSONMember("type", .string("layers")),
        ])
      )
    )
    return JSONValue.object(members).serialized()
  }
}
