import ArchiveTestKit
import Glibc
import JSONText
import Linux
import Testing

@testable import Images

@Suite("Loading images from directories and archives", .enabled(if: isRoot, "needs root"))
struct LoadTests {
  private let fixture: StoreFixture

  init() throws { fixture = try StoreFixture() }

  private var made: TestImage {
    TestImage([.init { $0.file("a", "1") }, .init { $0.file("b", "2") }])
  }

  /// The files of an OCI layout.
  private func layout(_ images: [(TestImage, annotations: [String: String])]) -> [(path: String, bytes: [UInt8])] {
    var files = [("oci-layout", Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8))]
    var entries: [JSONValue] = []
    for (image, annotations) in images {
      for (digest, bytes) in image.blobs { files.append(("blobs/sha256/\(digest.hex)", bytes)) }
      files.append(("blobs/sha256/\(image.digest.hex)", image.manifestBytes))
      entries.append(
        .object([
          JSONMember("mediaType", .string(MediaType.manifest)),
          JSONMember("digest", .string(image.digest.description)),
          JSONMember("size", .integer(Int64(image.manifestBytes.count))),
          JSONMember(
            "annotations",
            .object(annotations.sorted { $0.key < $1.key }.map { JSONMember($0.key, .string($0.value)) })
          ),
        ])
      )
    }
    let index = JSONValue.object([JSONMember("schemaVersion", .integer(2)), JSONMember("manifests", .array(entries))])
    return files + [("index.json", index.serialized())]
  }

  private func docker(_ list: String, _ files: [(path: String, bytes: [UInt8])]) -> [(path: String, bytes: [UInt8])] {
    files + [("manifest.json", Array(list.utf8))]
  }

  private func directory(_ files: [(path: String, bytes: [UInt8])]) throws -> String {
    let path = fixture.scratch.path + "/" + randomName()
    for file in files {
      try ensureDirectories((path + "/" + file.path).split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 })
      _ = try fixture.scratch.file(String(path.dropFirst(fixture.scratch.path.count + 1)) + "/" + file.path, file.bytes)
    }
    return path
  }

  private func load(
    _ files: [(path: String, bytes: [UInt8])],
    name: String? = nil,
    _ change: (inout TarWriter) -> Void = { _ in }
  ) async throws -> [StoredImage] {
    var tar = TarWriter()
    for file in files { tar.entry(file.path, data: file.bytes) }
    change(&tar)
    let file = SharedFD(try openAt(AT_FDCWD, fixture.scratch.file("archive-\(randomName())", tar.finished), O_RDONLY))
    defer { withExtendedLifetime(file) {} }
    return try await fixture.store.load(archive: file.raw, name: name.map { try ImageReference($0) }, options: quick)
  }

  private func refuses(_ word: String, _ body: () async throws -> Void) async throws {
    do {
      try await body()
      Issue.record("nothing was refused: expected \(word)")
    } catch {
      #expect("\(error)".contains(word), "\(error)")
    }
    #expect(try fixture.store.list().images.isEmpty && namesIn(fixture.root + "/tmp").isEmpty)
  }

  @Test("An OCI layout is loaded, as a directory and as an archive, under its names or the caller's")
  func oci() async throws {
    let files = layout([
      (made, ["io.containerd.image.name": "example.com/a:1", "org.opencontainers.image.ref.name": "1"]),
      (TestImage([.init { $0.file("c") }]), ["org.opencontainers.image.ref.name": "docker.io/library/b:2"]),
    ])
    for images in [try await load(files), try await fixture.store.load(directory: directory(files), options: quick)] {
      #expect(images.map(\.reference.description) == ["example.com/a:1", "docker.io/library/b:2"])
      #expect(images[0].manifestDigest == made.digest && images[0].layers.count == 2)
    }
    let one = layout([(made, ["org.opencontainers.image.ref.name": "latest"])])
    #expect(try await load(one, name: "mine:x").map(\.reference.description) == ["docker.io/library/mine:x"])
    #expect(try fixture.files().filter { $0.hasPrefix("/partial") } == [])
  }

  @Test("What docker save writes is loaded: names, layers that are links, compressed layers")
  func dockerArchive() async throws {
    let image = made
    let config = ContentDigest.sha256(of: image.configurationBytes).hex + ".json"
    let list =
      #"[{"Config":"\#(config)","RepoTags":["one:1","example.com/two:2"],"Layers":["x/layer.tar","y/layer.tar"]}]"#
    let images = try await load(
      docker(list, [(config, image.configurationBytes), ("x/layer.tar", image.layers[0].bytes)])
    ) {
      $0.directory("y")
      $0.entry("z/layer.tar", data: image.layers[1].bytes)
      $0.symlink("../z/layer.tar", "y/layer.tar")
    }
    #expect(images.map(\.reference.description) == ["docker.io/library/one:1", "example.com/two:2"])
    #expect(images[0].id == .sha256(of: image.configurationBytes) && images[0].diffIDs == image.layers.map(\.diffID))
    #expect(images[0].layers == images[1].layers)
  }

  @Test("Archives made by skopeo are loaded as skopeo means them", arguments: ["docker-archive", "oci-archive"])
  func skopeo(_ format: String) async throws {
    let layout = try directory(layout([(made, ["org.opencontainers.image.ref.name": "tag"])]))
    let archive = fixture.scratch.path + "/made.tar"
    let target = format == "docker-archive" ? "\(format):\(archive):example.com/made:1" : "\(format):\(archive):tag"
    try runTool("/usr/bin/skopeo", ["copy", "-q", "--insecure-policy", "oci:\(layout):tag", target])
    let file = SharedFD(try openAt(AT_FDCWD, archive, O_RDONLY))
    let name = format == "docker-archive" ? nil : try ImageReference("example.com/made:1")
    let images = try await fixture.store.load(archive: file.raw, name: name, options: quick)
    #expect(images.map(\.reference.description) == ["example.com/made:1"])
    #expect(images[0].diffIDs == made.layers.map(\.diffID) && images[0].configuration == made.configuration)
  }

  @Test("What is no archive of images, lacks something or lies, is refused by name")
  func refusals() async throws {
    let good = layout([(made, ["io.containerd.image.name": "a:1"])])
    let unnamed = layout([(made, ["org.opencontainers.image.ref.name": "latest"])])
    let two = layout([(made, [:]), (TestImage([.init { $0.file("c") }]), [:])])
    let config = ContentDigest.sha256(of: made.configurationBytes).hex
    let bytes = made.configurationBytes
    func list(_ config: String, _ layers: String) -> String {
      #"[{"Config":"\#(config)","RepoTags":["a:1"],"Layers":[\#(layers)]}]"#
    }
    try await refuses("holds no images") { _ = try await load([("a", [1])]) }
    try await refuses("no full name") { _ = try await load(unnamed) }
    try await refuses("2 images") { _ = try await load(two, name: "a:1") }
    try await refuses("imageLayoutVersion") { _ = try await load(good) { $0.file("oci-layout", "{}") } }
    try await refuses("there is no") { _ = try await load(good.filter { !$0.path.contains(config) }) }
    try await refuses("digest") {
      _ = try await load(good) { $0.entry("blobs/sha256/\(config)", data: bytes.map { $0 == 0x31 ? 0x32 : $0 }) }
    }
    try await refuses("manifest.json") { _ = try await load(docker("[1]", [])) }
    try await refuses("empty") { _ = try await load(docker("[]", [])) }
    try await refuses("there is no") { _ = try await load(docker(list("c", #""x""#), [("c", bytes)])) }
    try await refuses("2 layers") {
      _ = try await load(docker(list("c", #""l""#), [("c", bytes), ("l", made.layers[0].bytes)]))
    }
    try await refuses("two diffIDs") {
      _ = try await load(docker(list("c", #""l","l""#), [("c", bytes), ("l", made.layers[0].bytes)]))
    }
    try await refuses("cannot be read") { _ = try await load(docker(list("../../c", ""), [])) }
    try await refuses("cannot be read") { _ = try await load(docker(list("/etc/passwd", ""), [])) }
    try await refuses("invalid image name") {
      _ = try await load(docker(#"[{"Config":"c","RepoTags":["A"],"Layers":[]}]"#, [("c", bytes)]))
    }
  }

  @Test("Links that lead out of a directory, and devices and pipes, are not opened")
  func hostileDirectory() async throws {
    let config = ContentDigest.sha256(of: made.configurationBytes).hex
    for attempt in ["symlink", "fifo", "device", "directory"] {
      let path = try directory(layout([(made, ["io.containerd.image.name": "a:1"])]))
      let blob = "\(path)/blobs/sha256/\(config)"
      unlink(blob)
      switch attempt {
      case "symlink": symlink(try fixture.scratch.file("outside", made.configurationBytes), blob)
      case "fifo": mkfifo(blob, 0o600)
      // The watchdog's number: opening one starts it.
      case "device": mknod(blob, S_IFCHR | 0o600, dev_t(10 << 8 | 130))
      default: mkdir(blob, 0o700)
      }
      try await refuses("cannot be read") { _ = try await fixture.store.load(directory: path, options: quick) }
    }
  }

  @Test("Nodes and owners of the outer archive mean nothing, and its names cannot leave it")
  func hostileArchive() async throws {
    let images = try await load(layout([(made, ["io.containerd.image.name": "a:1"])])) { tar in
      tar.entry("node") {
        $0.type = "3"
        $0.major = 1
        $0.minor = 3
      }
      tar.file("../../../escape", "x")
      tar.file("/escape", "x")
      tar.symlink("/", "root")
      tar.file("root/escape2", "x")
    }
    #expect(images.count == 1)
    #expect(access("/escape", F_OK) != 0 && access("/escape2", F_OK) != 0)
    #expect(access(fixture.scratch.path + "/escape", F_OK) != 0)
  }
}

/// Runs a tool to its end.
func runTool(_ path: String, _ arguments: [String]) throws {
  let pid = try spawnProgram(
    path,
    arguments: [path] + arguments,
    environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root"],
    descriptors: [-1, 2, 2]
  )
  var status: Int32 = 0
  waitpid(pid, &status, 0)
  guard status == 0 else { throw SyscallError("\(path) \(arguments.joined(separator: " "))", EIO) }
}
