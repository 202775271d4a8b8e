import JSONText

/// A name and the manifest it stands for.
struct NameRecord: Equatable {
  var reference: ImageReference
  /// Of this machine's platform.
  var manifest: ContentDigest
  /// What the name stood for where it came from: an index, or the manifest itself.
  var target: ContentDigest

  /// A name may be longer than a file's: its hash is not.
  static func fileName(_ reference: ImageReference) -> String {
    ContentDigest.sha256(of: Array(reference.description.utf8)).hex
  }

  init(reference: ImageReference, manifest: ContentDigest, target: ContentDigest? = nil) {
    self.reference = reference
    self.manifest = manifest
    self.target = target ?? manifest
  }

  init(parsing bytes: [UInt8]) throws(DocumentError) {
    let root = try DocumentField("image name", bytes, limit: 64 << 10)
    let name = try root["name"].requiredString(atMost: 1024)
    do throws(ImageReferenceError) { reference = try ImageReference(name) } catch {
      throw root["name"].failure(error.description)
    }
    manifest = try root["manifest"].digest()
    target = root["target"].isPresent ? try root["target"].digest() : manifest
  }

  var serialized: [UInt8] {
    JSONValue.object([
      JSONMember("manifest", .string(manifest.description)), JSONMember("name", .string(reference.description)),
      JSONMember("target", .string(target.description)),
    ]).serialized()
  }

  /// Whether a name with this digest means it.
  func hasDigest(_ digest: ContentDigest) -> Bool { digest == manifest || digest == target }
}
