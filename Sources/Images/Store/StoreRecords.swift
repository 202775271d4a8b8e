import Crypto
import Glibc
import JSONText
import Linux

/// Reading the store's files: each is bounded, checked, and named in the error when it is not as it was written.
extension StoreLayout {
  /// A configuration or manifest, whose bytes must hash to its name.
  func document(_ digest: ContentDigest, limit: Int) throws(ImageStoreError) -> [UInt8] {
    guard let bytes = try file(blobs, digest.hex, limit: limit) else {
      throw .damaged("document \(digest)", reason: "it is missing")
    }
    guard digest.algorithm == .sha256, ContentDigest.sha256(of: bytes) == digest else {
      throw .damaged("document \(digest)", reason: "its content has another digest")
    }
    return bytes
  }

  /// What a name stands for; nil when there is no such name.
  func name(_ reference: ImageReference) throws(ImageStoreError) -> NameRecord? {
    guard let bytes = try file(names, NameRecord.fileName(reference), limit: 64 << 10) else { return nil }
    let record = try parsed("name \(reference)") { () throws(DocumentError) in try NameRecord(parsing: bytes) }
    guard record.reference == reference else {
      throw .damaged("name \(reference)", reason: "its file names \(record.reference)")
    }
    return record
  }

  /// All names; a file that cannot be read is reported with its own name instead.
  func allNames() throws(ImageStoreError) -> (records: [NameRecord], damaged: [ImageStoreError]) {
    let files = try step("image names") { () throws(SyscallError) in try entries(of: names.raw) }
    var records: [NameRecord] = []
    var damaged: [ImageStoreError] = []
    for file in files {
      guard let bytes = try self.file(names, file, limit: 64 << 10) else { continue }
      do throws(DocumentError) {
        let record = try NameRecord(parsing: bytes)
        guard NameRecord.fileName(record.reference) == file else {
          throw DocumentError("image name", "name", "belongs into another file")
        }
        records.append(record)
      } catch {
        damaged.append(.damaged("\(path)/names/\(file)", reason: error.description))
      }
    }
    return (records.sorted { $0.reference.description < $1.reference.description }, damaged)
  }

  /// What is known of an unpacked layer; it must be there.
  func layer(_ digest: ContentDigest) throws(ImageStoreError) -> LayerRecord {
    guard let record = try layerIfPresent(digest) else {
      throw .damaged("layer \(digest)", reason: "it is missing")
    }
    return record
  }

  /// The same, nil unless both the layer and its record are there.
  func layerIfPresent(_ digest: ContentDigest) throws(ImageStoreError) -> LayerRecord? {
    let short = LayerRecord.shortName(digest)
    var status = stat()
    guard fstatat(layers.raw, short, &status, AT_SYMLINK_NOFOLLOW) == 0, status.st_mode & S_IFMT == S_IFDIR,
      let bytes = try file(records, short, limit: 64 << 10)
    else { return nil }
    let record = try parsed("layer \(digest)") { () throws(DocumentError) in try LayerRecord(parsing: bytes) }
    // Another digest with the same first 100 bits must never stand in for this one.
    guard record.digest == digest else { throw .damaged("layer \(digest)", reason: "its place holds \(record.digest)") }
    return record
  }

  func file(_ directory: SharedFD, _ name: String, limit: Int) throws(ImageStoreError) -> [UInt8]? {
    do throws(SyscallError) {
      return try readRegularFile(directory.raw, name, limit: limit)
    } catch {
      if error.errno == ENOENT { return nil }
      throw .system("image store file \(name)", error)
    }
  }

  func parsed<Value>(
    _ what: String,
    _ body: () throws(DocumentError) -> Value
  ) throws(ImageStoreError) -> Value {
    do throws(DocumentError) {
      return try body()
    } catch {
      throw .damaged(what, reason: error.description)
    }
  }
}

extension ContentDigest {
  /// The SHA-256 of bytes.
  static func sha256(of bytes: [UInt8]) -> ContentDigest { ContentDigest(.sha256, bytes: SHA256.hash(data: bytes)) }
}
