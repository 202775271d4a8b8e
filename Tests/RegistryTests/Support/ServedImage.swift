import ArchiveTestKit
import Images
import Testing

@testable import Images

/// An image as a registry has it, with whatever is wrong about it.
struct ServedImage: Sendable {
  var layers: [[UInt8]]
  var layerType = MediaType.layer
  /// What the manifest says of the layers.
  var descriptors: [Descriptor]
  /// What the configuration says of the layers.
  var diffIDs: [ContentDigest]
  var platform = Platform.host
  /// A change of the documents' text before their digests are taken.
  var edit: @Sendable (_ configuration: String, _ manifest: String) -> (String, String) = { ($0, $1) }

  init(_ layers: [[UInt8]], diffIDs: [ContentDigest]? = nil) {
    self.layers = layers
    descriptors = layers.map {
      Descriptor(mediaType: MediaType.layer, digest: .sha256(of: $0), size: Int64($0.count))
    }
    self.diffIDs = diffIDs ?? layers.map { .sha256(of: $0) }
  }

  /// The one that honest registries have: one layer of some hundred thousand bytes that cannot be compressed.
  static let honest = ServedImage([layer(count: 100_000)])

  static func layer(count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed
    let data = (0..<count).map { _ -> UInt8 in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 56)
    }
    var tar = TarWriter()
    tar.entry("data", data: data)
    return tar.finished
  }

  private var documents: (configuration: [UInt8], manifest: [UInt8]) {
    let configuration = String(
      decoding: ImageDocument(
        architecture: platform.architecture,
        os: platform.os,
        created: nil,
        configuration: ImageConfiguration(cmd: ["sh"]),
        diffIDs: diffIDs
      ).serialized,
      as: UTF8.self
    )
    func manifest(_ configuration: String) -> String {
      let bytes = Array(configuration.utf8)
      let descriptor = Descriptor(
        mediaType: MediaType.configuration,
        digest: .sha256(of: bytes),
        size: Int64(bytes.count)
      )
      return String(decoding: ImageManifest(configuration: descriptor, layers: descriptors).serialized, as: UTF8.self)
    }
    let edited = edit(configuration, "").0
    return (Array(edited.utf8), Array(edit(configuration, manifest(edited)).1.utf8))
  }

  var configuration: [UInt8] { documents.configuration }
  var manifest: [UInt8] { documents.manifest }
  var configurationDigest: ContentDigest { .sha256(of: configuration) }
  var digest: ContentDigest { .sha256(of: manifest) }

  static let manifestType = "Content-Type: \(MediaType.manifest)"

  /// What an honest registry answers.
  func answer(_ request: FaultRegistry.Request) -> [FaultRegistry.Step] {
    let parts = request.path.split(separator: "/").map(String.init)
    guard parts.count == 5, parts[..<3] == ["v2", "team", "app"] else { return [.answer("404 Not Found")] }
    if parts[3] == "manifests" {
      return ["1", digest.description].contains(parts[4])
        ? [.document(manifest, MediaType.manifest)] : [.answer("404 Not Found")]
    }
    let blobs = [configuration] + layers
    guard let blob = blobs.first(where: { ContentDigest.sha256(of: $0).description == parts[4] }) else {
      return [.answer("404 Not Found")]
    }
    return Self.blob(blob, request)
  }

  static func blob(_ blob: [UInt8], _ request: FaultRegistry.Request) -> [FaultRegistry.Step] {
    guard let start = request.rangeStart, start < blob.count else {
      return [.head("200 OK", ["Content-Length: \(blob.count)"]), .write(blob)]
    }
    let rest = Array(blob[start...])
    return [
      .head(
        "206 Partial Content",
        ["Content-Length: \(rest.count)", "Content-Range: bytes \(start)-\(blob.count - 1)/\(blob.count)"]
      ), .write(rest),
    ]
  }
}

extension FaultRegistry.Request {
  /// Where a range begins; nil without one.
  var rangeStart: Int? { headers["range"].flatMap { Int($0.dropFirst("bytes=".count).prefix { $0 != "-" }) } }
  var isForManifest: Bool { path.contains("/manifests/") }
  func isFor(_ digest: ContentDigest) -> Bool { path.hasSuffix("/\(digest)") }
}

extension FaultRegistry.Step {
  /// A manifest or index.
  static func document(_ bytes: [UInt8], _ type: String) -> FaultRegistry.Step {
    .answer("200 OK", ["Content-Type: \(type)"], body: String(decoding: bytes, as: UTF8.self))
  }
}
