/// The media types of images, in OCI's and in Docker's words (OCI image specification, media-types.md; Docker's image
/// manifest, version 2 schema 2).
enum MediaType {
  static let index = "application/vnd.oci.image.index.v1+json"
  static let manifest = "application/vnd.oci.image.manifest.v1+json"
  static let configuration = "application/vnd.oci.image.config.v1+json"
  static let layer = "application/vnd.oci.image.layer.v1.tar"
  static let dockerIndex = "application/vnd.docker.distribution.manifest.list.v2+json"
  static let dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
  static let dockerConfiguration = "application/vnd.docker.container.image.v1+json"
  static let dockerLayer = "application/vnd.docker.image.rootfs.diff.tar"

  static let indexes: Set = [index, dockerIndex]
  static let manifests: Set = [manifest, dockerManifest]
  static let configurations: Set = [configuration, dockerConfiguration]

  /// Layers that are unpacked. How one is compressed is looked up in its bytes.
  static let layers: Set = [
    layer, layer + "+gzip", layer + "+zstd", dockerLayer, dockerLayer + ".gzip", dockerLayer + ".zstd",
  ]

  /// Why a layer of this type is not unpacked; nil if it is.
  static func refusal(ofLayer type: String) -> String? {
    if layers.contains(type) { return nil }
    if type.hasSuffix("+encrypted") {
      return "the layer is encrypted (\(type.shortenedForMessage)), which is not supported"
    }
    if type.contains(".nondistributable.") || type.contains(".foreign.") {
      return
        "the layer is not distributed with the image (\(type.shortenedForMessage)): it would have to come from elsewhere"
    }
    return "\"\(type.shortenedForMessage)\" is no type of layer that can be unpacked"
  }

  /// Why a document of this type, which is neither a manifest nor an index, is not one that can be used.
  static func refusal(ofDocument type: String) -> String {
    if type.contains("distribution.manifest.v1+") {
      return "it is a manifest of Docker's first format (schema 1), which nothing verifies: push the image again"
    }
    return "\"\(type.shortenedForMessage)\" is neither an image manifest nor an image index"
  }

  /// The type of a layer by its first bytes (RFC 1952; RFC 8878, skippable frames included).
  static func ofLayer(beginning bytes: ArraySlice<UInt8>) -> String {
    let start = Array(bytes.prefix(4))
    if start.starts(with: [0x1F, 0x8B]) { return layer + "+gzip" }
    if start == [0x28, 0xB5, 0x2F, 0xFD] { return layer + "+zstd" }
    if start.count == 4, start[0] & 0xF0 == 0x50, start[1...] == [0x2A, 0x4D, 0x18] { return layer + "+zstd" }
    return layer
  }
}
