import ArchiveTestKit
import Testing

@testable import Images

@Suite("From a name to one platform's documents")
struct ResolutionTests {
  private func resolve(
    _ bytes: [UInt8],
    _ type: String,
    platform: Platform = Platform(os: "linux", architecture: "amd64"),
    _ prepare: (ScriptedSource) -> Void = { _ in }
  ) async throws -> ResolvedImage {
    let source = ScriptedSource()
    prepare(source)
    source.tag("latest", bytes, type)
    var resolver = ImageResolver(transfer: Transfer(source: source, options: quick), platform: platform)
    return try await resolver.resolve(.tag("latest"))
  }

  /// Expects an error whose text has a word.
  private func expect(_ word: String, _ name: String = "", _ body: () async throws -> Void) async {
    do {
      try await body()
      Issue.record("\(name): nothing was refused")
    } catch {
      #expect("\(error)".contains(word), "\(name): \(error)")
    }
  }

  private func image(_ architecture: String = "amd64", _ text: String = "x") -> TestImage {
    var image = TestImage([.init { $0.file("a", text) }])
    image.architecture = architecture
    return image
  }

  @Test(
    "The platform is chosen as containerd does",
    arguments: [
      ("linux/amd64", ["linux/arm64", "linux/amd64"], 1), ("linux/amd64", ["linux/386", "linux/amd64"], 1),
      ("linux/amd64", ["linux/386"], 0), ("linux/arm64", ["linux/arm/v7", "linux/arm64/v8"], 1),
      ("linux/arm/v7", ["linux/arm/v5", "linux/arm/v6", "linux/arm64"], 1), ("linux/arm/v6", ["linux/arm/v7"], nil),
      ("linux/amd64", ["windows/amd64", "unknown/unknown", "linux/amd64/v2"], nil),
      ("linux/amd64/v3", ["linux/amd64", "linux/amd64/v4", "linux/amd64/v2"], 2),
      ("linux/x86_64", ["linux/amd64/v1"], 0), ("linux/aarch64", ["linux/arm64"], 0), ("linux/amd64", [], nil),
    ] as [(String, [String], Int?)]
  )
  func platforms(_ wanted: String, _ offered: [String], _ expected: Int?) async throws {
    func platform(_ text: String) -> Platform {
      let parts = text.split(separator: "/").map(String.init)
      return Platform(os: parts[0], architecture: parts[1], variant: parts.count > 2 ? parts[2] : nil)
    }
    for (index, mediaTypes) in [
      (MediaType.index, MediaType.manifest), (MediaType.dockerIndex, MediaType.dockerManifest),
    ].enumerated() {
      var images: [TestImage] = []
      for (number, name) in offered.enumerated() {
        var made = image(platform(name).architecture, "\(number)")
        made.manifestType = mediaTypes.1
        made.configurationType = index == 0 ? MediaType.configuration : MediaType.dockerConfiguration
        images.append(made)
      }
      let bytes = testIndex(zip(images, offered).map { ($0.manifestBytes, mediaTypes.1, $1) }, mediaType: mediaTypes.0)
      do {
        // What the configuration of a variant says is checked against the same order; here it says only the architecture.
        let wantedPlatform = platform(wanted)
        let resolved = try await resolve(bytes, mediaTypes.0, platform: wantedPlatform) { source in
          images.forEach(source.add)
        }
        let chosen = try #require(expected)
        #expect(resolved.manifestDigest == images[chosen].digest && resolved.target == .sha256(of: bytes))
      } catch let error as ImageStoreError {
        #expect(expected == nil, "\(error)")
        guard case .platform(_, let available) = error else { throw error }
        #expect(available == offered.filter { $0 != "unknown/unknown" }.sorted())
      }
    }
  }

  @Test("Nested indexes and entries without a platform are followed; depth and number are bounded")
  func nested() async throws {
    let (wrong, right) = (image("s390x"), image())
    let inner = testIndex([
      (wrong.manifestBytes, MediaType.manifest, nil), (right.manifestBytes, MediaType.manifest, nil),
    ])
    var outer = testIndex([(inner, MediaType.index, nil)])
    let resolved = try await resolve(outer, MediaType.index) { source in
      source.add(wrong)
      source.add(right)
      source.document(inner, MediaType.index)
    }
    #expect(resolved.manifestDigest == right.digest)
    var all = [inner]
    for _ in 0..<5 {
      all.append(outer)
      outer = testIndex([(outer, MediaType.index, nil)])
    }
    let (deep, documents) = (outer, all)
    await expect("nested") {
      _ = try await resolve(deep, MediaType.index) { source in
        documents.forEach { source.document($0, MediaType.index) }
      }
    }
    let many = (0..<40).map { image("s390x", "\($0)") }
    let wide = testIndex(many.map { ($0.manifestBytes, MediaType.manifest, nil) })
    await expect("too many documents") {
      _ = try await resolve(wide, MediaType.index) { source in many.forEach(source.add) }
    }
  }

  /// Documents that must be refused, and a word of why (SEC-45).
  static let refused: [(name: String, type: String, document: String, word: String)] = {
    let good = TestImage([.init { $0.file("a") }])
    let text = String(decoding: good.manifestBytes, as: UTF8.self)
    let index = String(decoding: testIndex([(good.manifestBytes, MediaType.manifest, "linux/amd64")]), as: UTF8.self)
    func replaced(_ old: String, _ new: String, in document: String) -> String {
      document.split(separator: old, maxSplits: 1, omittingEmptySubsequences: false).joined(separator: new)
    }
    let (oci, list) = (MediaType.manifest, MediaType.index)
    return [
      ("manifest with manifests", oci, replaced("{", "{\"manifests\":[],", in: text), "as a manifest and as an index"),
      (
        "manifest with null manifests is a manifest, but of two names", oci, replaced("{", "{\"layers\":[],", in: text),
        "JSON"
      ),
      ("index with layers", list, replaced("{", "{\"layers\":[],", in: index), "as a manifest and as an index"),
      ("index with config", list, replaced("{", "{\"config\":{},", in: index), "as a manifest and as an index"),
      ("index called a manifest", oci, index, "announced"), ("manifest called an index", list, text, "announced"),
      ("manifest called Docker's", MediaType.dockerManifest, text, "announced"),
      ("manifest that calls itself an index", oci, replaced(oci, list, in: text), "announced"),
      ("index body under a manifest's type", "", replaced(list, oci, in: index), "no place"),
      ("unknown type", oci, replaced(oci, "application/x", in: text), "neither"),
      (
        "schema 1", "", #"{"schemaVersion":1,"mediaType":"application/vnd.docker.distribution.manifest.v1+prettyjws"}"#,
        "schema 1"
      ),
      ("schema 1 without a type", "", #"{"schemaVersion":1,"fsLayers":[]}"#, "neither"),
      ("schema 1 in a manifest", oci, replaced("{", "{\"fsLayers\":[],", in: text), "no place"),
      ("schema version 3", oci, replaced("\"schemaVersion\":2", "\"schemaVersion\":3", in: text), "schemaVersion"),
      (
        "schema version as text", oci, replaced("\"schemaVersion\":2", "\"schemaVersion\":\"2\"", in: text),
        "schemaVersion"
      ),
      ("no config", oci, replaced("\"config\"", "\"conf\"", in: text), "config"),
      ("no layers", oci, replaced("\"layers\"", "\"layer\"", in: text), "layers"),
      (
        "another config", oci, replaced(MediaType.configuration, "application/vnd.cncf.helm.config.v1+json", in: text),
        "expected the configuration of a container image"
      ),
      (
        "an empty config", oci, replaced(MediaType.configuration, "application/vnd.oci.empty.v1+json", in: text),
        "expected the configuration of a container image"
      ),
      (
        "foreign layer", oci,
        replaced(MediaType.layer, "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", in: text),
        "not distributed"
      ),
      (
        "nondistributable layer", oci,
        replaced(MediaType.layer, "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", in: text),
        "not distributed"
      ),
      ("encrypted layer", oci, replaced(MediaType.layer, MediaType.layer + "+gzip+encrypted", in: text), "encrypted"),
      ("unknown layer", oci, replaced(MediaType.layer, "application/wasm", in: text), "no type of layer"),
      ("negative size", oci, replaced("\"size\":", "\"size\":-", in: text), "size"),
      ("fractional size", oci, replaced("\"size\":", "\"size\":1.", in: text), "size"),
      ("upper-case digest", oci, replaced("sha256:", "SHA256:", in: text), "digest"),
      ("traversal in a digest", oci, replaced("sha256:", "sha256:../../", in: text), "digest"),
      ("sha512", oci, replaced("sha256:", "sha512:" + String(repeating: "0", count: 64), in: text), "SHA-256 only"),
      ("not JSON", oci, "<html>", "JSON"), ("nothing", oci, "", "JSON"), ("a list", oci, "[]", "object"),
      ("two documents", oci, text + text, "JSON"), ("cut off", oci, String(text.dropLast(2)), "JSON"),
      (
        "deep nesting", oci, String(repeating: "{\"a\":", count: 100) + "1" + String(repeating: "}", count: 100), "JSON"
      ),
      ("no manifests", list, replaced("\"manifests\"", "\"manifest\"", in: index), "manifests"),
      ("platform without os", list, replaced("\"os\":\"linux\",", "", in: index), "platform.os"),
      (
        "platform as text", list,
        replaced("\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}", "\"platform\":\"linux\"", in: index),
        "object"
      ),
    ]
  }()

  @Test("A document that is not exactly one thing is refused, with the reason (SEC-45)", arguments: refused.indices)
  func confusion(_ index: Int) async throws {
    let (name, type, document, word) = Self.refused[index]
    let good = TestImage([.init { $0.file("a") }])
    await expect(word, name) { _ = try await resolve(Array(document.utf8), type) { $0.add(good) } }
  }

  @Test("A bit flipped anywhere in index, manifest or configuration is noticed (SEC-47)")
  func flips() async throws {
    let good = image()
    let list = testIndex([(good.manifestBytes, MediaType.manifest, "linux/amd64")])
    let config = ContentDigest.sha256(of: good.configurationBytes)
    for position in stride(from: 0, to: 100, by: 1) {
      var (one, two, three) = (list, good.manifestBytes, good.configurationBytes)
      one[one.count * position / 100] ^= 1
      two[two.count * position / 100] ^= 1
      three[three.count * position / 100] ^= 1
      for (selector, bytes) in [(DocumentSelector.digest(.sha256(of: list)), one), (.digest(good.digest), two)] {
        let source = ScriptedSource(good)
        source.document(list, MediaType.index)
        source.answer(selector, SourceDocument(mediaType: "", bytes: bytes))
        var resolver = ImageResolver(transfer: Transfer(source: source, options: quick), platform: .host)
        await #expect(throws: ImageStoreError.self) { try await resolver.resolve(.digest(.sha256(of: list))) }
      }
      await #expect(throws: ImageStoreError.self) {
        try await resolve(list, MediaType.index) { source in
          source.add(good)
          source.replaceBlob(config, three)
        }
      }
    }
  }

  @Test("Sizes and counts must agree: descriptor and document, diffIDs and layers")
  func sizes() async throws {
    let good = image()
    let text = String(decoding: testIndex([(good.manifestBytes, MediaType.manifest, "linux/amd64")]), as: UTF8.self)
    let lying = text.split(separator: "\"size\":", maxSplits: 1).joined(separator: "\"size\":1")
    await expect("bytes") { _ = try await resolve(Array(lying.utf8), MediaType.index) { $0.add(good) } }
    var more = good
    more.layers.append(.init { $0.file("b") })
    let manifest = ImageManifest(
      configuration: Descriptor(
        mediaType: MediaType.configuration,
        digest: .sha256(of: good.configurationBytes),
        size: Int64(good.configurationBytes.count)
      ),
      layers: more.layers.map(\.descriptor)
    ).serialized
    await expect("1 layers, the manifest 2") { _ = try await resolve(manifest, MediaType.manifest) { $0.add(good) } }
    let foreign = image("s390x")
    await expect("the image has nothing for linux/amd64; it has linux/s390x") {
      _ = try await resolve(foreign.manifestBytes, MediaType.manifest) { $0.add(foreign) }
    }
  }
}
