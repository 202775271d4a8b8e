import JSONText

/// What is known of an unpacked layer.
///
/// Its place in the store follows from `digest`, which this program computed of the bytes it handed to the unpacker. The
/// rest is what the unpacker said: a layer that took it over could have made that up, to the harm of its own images only.
struct LayerRecord: Equatable {
  /// Of the layer's blob, compressed as it came.
  var digest: ContentDigest
  var diffID: ContentDigest
  /// The length of the blob in bytes.
  var blobBytes: Int64
  /// The sum of its files' sizes in bytes.
  var contentBytes: Int64
  var entries: Int64

  /// The layer's directory: the first 100 bits of the digest in 20 letters and digits. Before Linux 6.5 all of an image's
  /// layers must fit the one page of options that mount(2) takes.
  static func shortName(_ digest: ContentDigest) -> String {
    let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
    var name: [UInt8] = []
    var bits = 0
    var count = 0
    for digit in digest.hex.utf8.prefix(25) {
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

  init(digest: ContentDigest, diffID: ContentDigest, blobBytes: Int64, contentBytes: Int64, entries: Int64) {
    self.digest = digest
    self.diffID = diffID
    self.blobBytes = blobBytes
    self.contentBytes = contentBytes
    self.entries = entries
  }

  init(parsing bytes: [UInt8]) throws(DocumentError) {
    let root = try DocumentField("layer record", bytes, limit: 64 << 10)
    digest = try root["digest"].digest()
    diffID = try root["diffID"].digest()
    blobBytes = try root["blobBytes"].count()
    contentBytes = try root["contentBytes"].count()
    entries = try root["entries"].count()
  }

  var serialized: [UInt8] {
    JSONValue.object([
      JSONMember("blobBytes", .integer(blobBytes)), JSONMember("contentBytes", .integer(contentBytes)),
      JSONMember("diffID", .string(diffID.description)), JSONMember("digest", .string(digest.description)),
      JSONMember("entries", .integer(entries)),
    ]).serialized()
  }
}

/// The directories of a layer that have no entry of their own, as the store keeps them: one path after the other, each
/// with a NUL at its end.
enum ImpliedDirectories {
  /// The largest file that is read.
  static let limit = 8 << 20

  static func serialized(_ paths: [[UInt8]]) -> [UInt8] {
    var bytes: [UInt8] = []
    for path in paths { bytes += path + [0] }
    return bytes
  }

  static func parse(_ bytes: [UInt8]) throws(DocumentError) -> [[UInt8]] {
    guard let last = bytes.last else { return [] }
    guard last == 0 else { throw DocumentError("implied directories", "", "cut off") }
    return bytes.dropLast().split(separator: 0, omittingEmptySubsequences: false).map(Array.init)
  }
}
