import ArchiveTestKit
import JSONText

@testable import Images

/// An image made for a test: documents and layers, every one as wrong as the test wants it.
struct TestImage {
  struct Layer {
    var bytes: [UInt8]
    var mediaType = MediaType.layer
    /// Of the uncompressed archive.
    var diffID: ContentDigest

    init(_ build: (inout TarWriter) -> Void) {
      var tar = TarWriter()
      build(&tar)
      bytes = tar.finished
      diffID = .sha256(of: bytes)
    }

    init(bytes: [UInt8], mediaType: String, diffID: ContentDigest) {
      self.bytes = bytes
      self.mediaType = mediaType
      self.diffID = diffID
    }

    var descriptor: Descriptor {
      Descriptor(mediaType: mediaType, digest: .sha256(of: bytes), size: Int64(bytes.count))
    }

    static func random(_ name: String, count: Int, seed: UInt64) -> Layer {
      var state = seed &* 2 + 1
      let data = (0..<count).map { _ -> UInt8 in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 56)
      }
      return Layer { $0.entry(name, data: data) }
    }
  }

  var layers: [Layer]
  var configuration = ImageConfiguration(cmd: ["sh"])
  var architecture = hostArchitecture
  var manifestType = MediaType.manifest
  var configurationType = MediaType.configuration
  /// How much larger than they are the manifest says the layers are.
  var sizeDifference = 0

  init(_ layers: [Layer]) { self.layers = layers }

  var configurationBytes: [UInt8] {
    ImageDocument(
      architecture: architecture,
      os: "linux",
      created: "2024-01-01T00:00:00Z",
      configuration: configuration,
      diffIDs: layers.map(\.diffID)
    ).serialized
  }

  var manifestBytes: [UInt8] {
    var manifest = ImageManifest(
      configuration: Descriptor(
        mediaType: configurationType,
        digest: .sha256(of: configurationBytes),
        size: Int64(configurationBytes.count)
      ),
      layers: layers.map { layer in
        var descriptor = layer.descriptor
        descriptor.size += Int64(sizeDifference)
        return descriptor
      }
    )
    manifest.mediaType = manifestType
    return manifest.serialized
  }

  var digest: ContentDigest { .sha256(of: manifestBytes) }

  /// Blobs by digest.
  var blobs: [ContentDigest: [UInt8]] {
    var blobs = [ContentDigest.sha256(of: configurationBytes): configurationBytes]
    for layer in layers { blobs[layer.descriptor.digest] = layer.bytes }
    return blobs
  }
}

/// An index over documents.
func testIndex(
  _ entries: [(bytes: [UInt8], mediaType: String, platform: String?)],
  mediaType: String? = MediaType.index
) -> [UInt8] {
  let manifests = entries.map { entry in
    var members = [
      JSONMember("mediaType", .string(entry.mediaType)),
      JSONMember("digest", .string(ContentDigest.sha256(of: entry.bytes).description)),
      JSONMember("size", .integer(Int64(entry.bytes.count))),
    ]
    if let parts = entry.platform?.split(separator: "/").map(String.init) {
      var platform = [JSONMember("os", .string(parts[0])), JSONMember("architecture", .string(parts[1]))]
      if parts.count > 2 { platform.append(JSONMember("variant", .string(parts[2]))) }
      members.append(JSONMember("platform", .object(platform)))
    }
    return JSONValue.object(members)
  }
  var members = [JSONMember("schemaVersion", .integer(2)), JSONMember("manifests", .array(manifests))]
  if let mediaType { members.append(JSONMember("mediaType", .string(mediaType))) }
  return JSONValue.object(members).serialized()
}
