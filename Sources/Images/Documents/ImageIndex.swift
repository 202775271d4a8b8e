/// An image index of OCI, or a manifest list of Docker: the same image for several platforms.
struct ImageIndex: Equatable {
  /// The largest index in bytes that is read.
  static let limit = 4 << 20
  /// More entries than any image has platforms and attachments.
  static let mostManifests = 1000

  /// A manifest or, nested, an index.
  struct Entry: Equatable {
    let descriptor: Descriptor
    /// Nil when the index does not say.
    let platform: Platform?
    let annotations: [String: String]
  }

  let entries: [Entry]

  /// Reads an untrusted index. A document that could also be read as a manifest is refused (CVE-2021-41190).
  init(parsing bytes: [UInt8]) throws(DocumentError) {
    let root = try DocumentField("image index", bytes, limit: Self.limit)
    guard try root["schemaVersion"].count() == 2 else { throw root["schemaVersion"].failure("expected 2") }
    if let type = try root["mediaType"].string(atMost: 256), !MediaType.indexes.contains(type) {
      throw root["mediaType"].failure("expected \(MediaType.index) or \(MediaType.dockerIndex)")
    }
    for name in ["config", "layers", "fsLayers"] where root[name].isPresent {
      throw root[name].failure("has no place in an image index")
    }
    guard let elements = try root["manifests"].elements(atMost: Self.mostManifests) else {
      throw root["manifests"].failure("is missing")
    }
    var entries: [Entry] = []
    for element in elements {
      entries.append(
        Entry(
          descriptor: try Descriptor(element),
          platform: try Self.platform(element["platform"]),
          annotations: try Self.annotations(element["annotations"])
        )
      )
    }
    self.entries = entries
  }

  private static func platform(_ field: DocumentField) throws(DocumentError) -> Platform? {
    guard field.isPresent else { return nil }
    _ = try field.members()
    return Platform(
      os: try field["os"].requiredString(atMost: 64),
      architecture: try field["architecture"].requiredString(atMost: 64),
      variant: try field["variant"].string(atMost: 64)
    )
  }

  private static func annotations(_ field: DocumentField) throws(DocumentError) -> [String: String] {
    var annotations: [String: String] = [:]
    for (name, value) in try field.members() {
      annotations[name] = try value.string(atMost: ImageConfiguration.longestString)
    }
    return annotations
  }
}

/// Which kind of document some bytes are. What the document says itself decides; who sent it may not contradict.
enum DocumentKind: Equatable {
  case index, manifest

  /// - Parameter claimed: The media type that the source, or a descriptor, gave it; empty if none.
  /// - Throws: `DocumentError` for what is neither, could be both (CVE-2021-41190), or is not what it was called.
  init(_ bytes: [UInt8], claimed: String) throws(DocumentError) {
    let root = try DocumentField("image", bytes, limit: ImageManifest.limit)
    let known = MediaType.indexes.union(MediaType.manifests)
    let claimed = String(claimed.prefix { $0 != ";" && $0 != " " }).lowercased()
    if root["manifests"].isPresent, root["config"].isPresent || root["layers"].isPresent {
      throw root.failure("it could be read as a manifest and as an index")
    }
    guard let type = try root["mediaType"].string(atMost: 256) else {
      if known.contains(claimed) {
        self = MediaType.indexes.contains(claimed) ? .index : .manifest
      } else if root["manifests"].isPresent {
        self = .index
      } else if root["config"].isPresent, root["layers"].isPresent {
        self = .manifest
      } else {
        throw root.failure(MediaType.refusal(ofDocument: claimed))
      }
      return
    }
    guard known.contains(type) else { throw root["mediaType"].failure(MediaType.refusal(ofDocument: type)) }
    guard !known.contains(claimed) || claimed == type else {
      throw root["mediaType"].failure("expected \(claimed), as it was announced")
    }
    self = MediaType.indexes.contains(type) ? .index : .manifest
  }
}
