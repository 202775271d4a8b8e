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
  func layer(_ diffID: ContentDigest) throws(ImageStoreError) -> LayerRecord {
    guard let record = try layerIfPresent(diffID) else {
      throw .damaged("layer \(diffID)", reason: "it is missing")
    }
    return record
  }

  /// The same, nil unless both the layer and its record are there.
  func layerIfPresent(_ diffID: ContentDigest) throws(ImageStoreError) -> LayerRecord? {
    let short = LayerRecord.shortName(diffID)
    var status = stat()
    guard fstatat(layers.raw, short, &status, AT_SYMLINK_NOFOLLOW) == 0, status.st_mode & S_IFMT == S_IFDIR,
      let bytes = try file(records, short, limit: 64 << 10)
    else { return nil }
    let record = try parsed("layer \(diffID)") { () throws(DocumentError) in try LayerRecord(parsing: bytes) }
    // Another diffID with the same first 100 bits must never stand in for this one.
    guard record.diffID == diffID else { throw .damaged("layer \(diffID)", reason: "its place holds \(record.diffID)") }
    return record
  }

  private func file(_ directory: SharedFD, _ name: String, limit: Int) throws(ImageStoreError) -> [UInt8]? {
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

/// A name and the manifest it stands for.
struct NameRecord: Equatable {
  var reference: ImageReference
  var manifest: ContentDigest

  /// A name may be longer than a file's: its hash is not.
  static func fileName(_ reference: ImageReference) -> String {
    ContentDigest.sha256(of: Array(reference.description.utf8)).hex
  }

  init(reference: ImageReference, manifest: ContentDigest) {
    self.reference = reference
    self.manifest = manifest
  }

  init(parsing bytes: [UInt8]) throws(DocumentError) {
    let root = try DocumentField("image name", bytes, limit: 64 << 10)
    let name = try root["name"].requiredString(atMost: 1024)
    do throws(ImageReferenceError) { reference = try ImageReference(name) } catch {
      throw root["name"].failure(error.description)
    }
    manifest = try root["manifest"].digest()
  }

  var serialized: [UInt8] {
    JSONValue.object([
      JSONMember("manifest", .string(manifest.description)), JSONMember("name", .string(reference.description)),
    ]).serialized()
  }
}

/// What is known of an unpacked layer.
struct LayerRecord: Equatable {
  var diffID: ContentDigest
  /// The sum of its files' sizes in bytes.
  var contentBytes: Int64
  var entries: Int64
  /// Directories without an entry of their own: as an upper layer, this one gives them mode 0755 and root as owner.
  var impliedDirectories: Int64

  /// The layer's directory: the first 100 bits of the diffID in 20 letters and digits. Before Linux 6.5 all of an image's
  /// layers must fit the one page of options that mount(2) takes.
  static func shortName(_ diffID: ContentDigest) -> String {
    let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
    var name: [UInt8] = []
    var bits = 0
    var count = 0
    for digit in diffID.hex.utf8.prefix(25) {
      let value = Int(digit) - (digit >= UInt8(ascii: "a") ? 87 : 48)
      bits = bits << 4 | value
      count += 4
      if count >= 5 {
        count -= 5
        name.append(alphabet[(bits >> count) & 31])
        bits &= (1 << count) - 1
      }
    }
    return String(decoding: name, as: UTF8.self)
  }

  init(diffID: ContentDigest, contentBytes: Int64, entries: Int64, impliedDirectories: Int64) {
    self.diffID = diffID
    self.contentBytes = contentBytes
    self.entries = entries
    self.impliedDirectories = impliedDirectories
  }

  init(parsing bytes: [UInt8]) throws(DocumentError) {
    let root = try DocumentField("layer record", bytes, limit: 64 << 10)
    diffID = try root["diffID"].digest()
    contentBytes = try root["contentBytes"].count()
    entries = try root["entries"].count()
    impliedDirectories = try root["impliedDirectories"].count()
  }

  var serialized: [UInt8] {
    JSONValue.object([
      JSONMember("contentBytes", .integer(contentBytes)), JSONMember("diffID", .string(diffID.description)),
      JSONMember("entries", .integer(entries)), JSONMember("impliedDirectories", .integer(impliedDirectories)),
    ]).serialized()
  }
}
