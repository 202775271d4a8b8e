import ArchiveTestKit
import Glibc
import JSONText
import Linux
import Testing

@testable import Images

/// An overlay of an image's layers that is mounted nowhere: seen only through its descriptor. Layers are given one by one,
/// which Linux does since 6.5.
func overlay(of image: StoredImage, empty: String) throws -> OwnedFD {
  var options = image.layers.reversed().map { FilesystemOption("lowerdir+", $0.path) }
  // Overlayfs wants two; an empty one at the bottom changes nothing.
  options.append(FilesystemOption("lowerdir+", empty))
  return try makeDetachedFilesystem("overlay", options, [.readOnly])
}

/// Writes an OCI image layout.
func writeLayout(_ image: TestImage, tag: String, to path: String) throws {
  try ensureDirectories(path + "/blobs/sha256")
  func write(_ name: String, _ bytes: [UInt8]) throws {
    let file = try openAt(AT_FDCWD, path + "/" + name, O_WRONLY | O_CREAT | O_TRUNC)
    try writeAll(file.raw, bytes)
  }
  for (digest, bytes) in image.blobs { try write("blobs/sha256/\(digest.hex)", bytes) }
  try write("blobs/sha256/\(image.digest.hex)", image.manifestBytes)
  try write("oci-layout", Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8))
  let entry = JSONValue.object([
    JSONMember("mediaType", .string(MediaType.manifest)), JSONMember("digest", .string(image.digest.description)),
    JSONMember("size", .integer(Int64(image.manifestBytes.count))),
    JSONMember("annotations", .object([JSONMember("org.opencontainers.image.ref.name", .string(tag))])),
  ])
  let index = JSONValue.object([JSONMember("schemaVersion", .integer(2)), JSONMember("manifests", .array([entry]))])
  try write("index.json", index.serialized())
}

@Suite("Stacked layers are what others make of them (SEC-42)", .enabled(if: isRoot, "needs root"))
struct DifferentialTests {
  @Test("Random layered images come out as umoci unpacks them", arguments: 0..<100)
  func umoci(_ seed: Int) async throws {
    let fixture = try StoreFixture()
    var random = RandomImage(seed: UInt64(seed) &+ 20_240)
    let image = TestImage(random.layers(seed % 10 == 9 ? 10 + seed / 5 : 1 + seed % 6))
    let path = fixture.scratch.path
    try writeLayout(image, tag: "tag", to: path + "/layout")
    try runTool(
      "/usr/bin/umoci",
      ["--log", "error", "raw", "unpack", "--image", path + "/layout:tag", path + "/reference"]
    )
    let loaded = try await fixture.store.load(directory: path + "/layout", name: ImageReference("demo"), options: quick)
    try makeDirectory(AT_FDCWD, path + "/empty")
    let ours = try overlay(of: #require(loaded.first), empty: path + "/empty")
    let theirs = try openDirectory(AT_FDCWD, path + "/reference")
    // Where umoci applies a whiteout or makes a directory without an entry, it leaves the directory around with the time
    // of that. Ours is what its last entry says.
    let found = try TreeDump(of: ours.raw, timeless: random.disturbed).lines
    let expected = try TreeDump(of: theirs.raw, timeless: random.disturbed).lines
    let differences = found.difference(from: expected)
    #expect(differences.isEmpty, "seed \(seed): \(differences.map(\.description).joined(separator: "\n"))")
    #expect(!expected.isEmpty)
  }
}

extension CollectionDifference<String>.Change {
  fileprivate var description: String {
    switch self {
    case .insert(_, let line, _): "ours: \(line)"
    case .remove(_, let line, _): "umoci: \(line)"
    }
  }
}
