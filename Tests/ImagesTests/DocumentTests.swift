import Testing

@testable import Images

@Suite("Documents of images are read strictly and within bounds (SEC-45, SEC-49, SEC-50)")
struct DocumentTests {
  private static let hex = String(repeating: "0123456789abcdef", count: 4)

  private func document(_ config: String) throws -> ImageConfiguration {
    try ImageDocument(parsing: text(config)).configuration
  }

  private func text(_ config: String) -> [UInt8] {
    Array(
      """
      {"architecture":"amd64","os":"linux","config":\(config),"rootfs":{"type":"layers","diff_ids":["sha256:\(Self.hex)"]},
      "history":[{"created_by":"x"}],"variant":"v1"}
      """.utf8
    )
  }

  @Test("A configuration is written and read back")
  func roundTrip() throws {
    let configuration = ImageConfiguration(
      entrypoint: ["/bin/sh"],
      cmd: [],
      env: ["A=", "B=x=y"],
      user: "1000:web",
      workingDir: "/srv",
      stopSignal: "SIGQUIT",
      volumes: ["/data", "/var/x"],
      exposedPorts: ["53/udp", "80", "8080/tcp"],
      labels: ["a": "b", "": "c"]
    )
    let document = ImageDocument(
      architecture: "amd64",
      os: "linux",
      created: "2024-01-02T03:04:05Z",
      configuration: configuration,
      diffIDs: [.sha256(of: []), .sha256(of: [1])]
    )
    #expect(try ImageDocument(parsing: document.serialized) == document)
  }

  @Test("Equal documents are equal bytes, in whatever order their maps were made")
  func canonical() {
    func bytes(_ keys: [Int]) -> [UInt8] {
      var labels: [String: String] = [:]
      for key in keys { labels["k\(key)"] = "v" }
      return ImageDocument(
        architecture: "amd64",
        os: "linux",
        created: nil,
        configuration: ImageConfiguration(labels: labels),
        diffIDs: []
      ).serialized
    }
    #expect(bytes(Array(0..<50)) == bytes((0..<50).reversed()))
  }

  @Test("What real images contain is understood: null, empty strings, doubled variables, a health check")
  func lenient() throws {
    let configuration = try document(
      """
      {"Entrypoint":null,"Cmd":["nginx"],"Env":["PATH=/a","X=1","PATH=/b"],"User":"","WorkingDir":"","StopSignal":"",
      "Volumes":{"/data":{}},"ExposedPorts":{"80/tcp":{}},"Labels":null,"Healthcheck":{"Test":["NONE"]},"OnBuild":null,
      "ArgsEscaped":true}
      """
    )
    #expect(
      configuration
        == ImageConfiguration(
          cmd: ["nginx"],
          env: ["PATH=/b", "X=1"],
          volumes: ["/data"],
          exposedPorts: ["80/tcp"]
        )
    )
    #expect(try document("{}") == ImageConfiguration())
    #expect(try document("null") == ImageConfiguration())
  }

  @Test(
    "What no image should contain is refused, and the field is named",
    arguments: [
      (#"{"Env":["=x"]}"#, "config.Env[0]"), (#"{"Env":["novalue"]}"#, "config.Env[0]"),
      (#"{"Env":["A=\u0000"]}"#, "config.Env[0]"), (#"{"Env":[7]}"#, "config.Env[0]"),
      (#"{"Env":"A=b"}"#, "config.Env"),
      (#"{"Cmd":["a",null]}"#, "config.Cmd[1]"), (#"{"Cmd":["a\u0000b"]}"#, "config.Cmd[0]"),
      (#"{"Entrypoint":"sh -c"}"#, "config.Entrypoint"), (#"{"User":["root"]}"#, "config.User"),
      (#"{"User":"a\u0000"}"#, "config.User"), (#"{"WorkingDir":"srv"}"#, "config.WorkingDir"),
      (#"{"WorkingDir":"../../etc"}"#, "config.WorkingDir"), (#"{"Volumes":{"etc":{}}}"#, "config.Volumes"),
      (#"{"Volumes":{"/a\u0000":{}}}"#, "config.Volumes"), (#"{"Volumes":["/a"]}"#, "config.Volumes"),
      (#"{"StopSignal":"SIG TERM"}"#, "config.StopSignal"), (#"{"StopSignal":"a/../b"}"#, "config.StopSignal"),
      (#"{"ExposedPorts":{"0":{}}}"#, "config.ExposedPorts"),
      (#"{"ExposedPorts":{"65536/tcp":{}}}"#, "config.ExposedPorts"),
      (#"{"ExposedPorts":{"80/http":{}}}"#, "config.ExposedPorts"),
      (#"{"ExposedPorts":{"":{}}}"#, "config.ExposedPorts"),
      (#"{"ExposedPorts":{"+1":{}}}"#, "config.ExposedPorts"), (#"{"Labels":{"a":1}}"#, "config.Labels"),
      (#"{"Labels":{"a\u0000":"b"}}"#, "config.Labels"), (#"{"Cmd":[],"Cmd":["x"]}"#, "duplicate name"),
      ("[]", "config"),
    ]
  )
  func refused(_ config: String, _ field: String) {
    #expect { try document(config) } throws: { ($0 as? DocumentError)?.description.contains(field) ?? false }
  }

  @Test(
    "What is no UTF-8 is no document (SEC-49)",
    arguments: [[0xFF], [0xC0, 0xAF], [0xED, 0xA0, 0x80], [0xF8, 0x88]] as [[UInt8]]
  )
  func encoding(_ bytes: [UInt8]) throws {
    for field in [#""WorkingDir":"/@""#, #""Volumes":{"/@":{}}"#, #""Env":["A=@"]"#] {
      let parts = text("{\(field)}").split(separator: UInt8(ascii: "@"), maxSplits: 1)
      #expect(throws: DocumentError.self) { try ImageDocument(parsing: parts[0] + bytes + parts[1]) }
    }
  }

  @Test("Size, count and depth are bounded")
  func bounded() {
    let many = (0...ImageConfiguration.mostElements).map { "\"\($0)\"" }.joined(separator: ",")
    #expect(throws: DocumentError.self) { try document("{\"Cmd\":[\(many)]}") }
    let long = String(repeating: "x", count: ImageConfiguration.longestString + 1)
    #expect(throws: DocumentError.self) { try document("{\"Cmd\":[\"\(long)\"]}") }
    #expect(throws: DocumentError.self) { try document("{\"WorkingDir\":\"/\(String(repeating: "x", count: 4095))\"}") }
    let deep = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
    #expect(throws: DocumentError.self) { try document("{\"Shell\":\(deep)}") }
    let huge = text("{}") + [UInt8](repeating: 32, count: ImageDocument.limit)
    #expect(throws: DocumentError.self) { try ImageDocument(parsing: huge) }
  }

  private static let descriptor = #"{"mediaType":"M","digest":"sha256:\#(hex)","size":5}"#
  private static let config = descriptor.replacing("M", with: MediaType.configuration)
  private static let layer = descriptor.replacing("M", with: MediaType.layer)
  private static let manifest =
    #"{"schemaVersion":2,"mediaType":"\#(MediaType.manifest)","config":\#(config),"layers":[\#(layer)]}"#

  @Test("A manifest is written and read back")
  func manifestRoundTrip() throws {
    let manifest = try ImageManifest(parsing: Array(Self.manifest.utf8))
    #expect(manifest.layers.count == 1 && manifest.configuration.size == 5)
    #expect(try ImageManifest(parsing: manifest.serialized) == manifest)
  }

  @Test(
    "A document that could be read in two ways is no manifest (CVE-2021-41190)",
    arguments: [
      ("\"schemaVersion\":2", "\"schemaVersion\":1"), ("\"schemaVersion\":2", "\"schemaVersion\":\"2\""),
      ("\"schemaVersion\":2,", ""), ("image.manifest.v1", "image.index.v1"),
      ("\"layers\"", "\"manifests\":[],\"layers\""), ("\"layers\"", "\"fsLayers\":[],\"layers\""),
      ("\"layers\"", "\"config\":{},\"layers\""), ("image.config.v1", "image.manifest.v1"),
      ("\"size\":5", "\"size\":-5"),
      ("\"size\":5", "\"size\":5.5"), ("\"size\":5", "\"sizes\":5"), ("sha256:0", "sha256:/"),
      ("\"config\"", "\"configs\""),
      ("\"layers\"", "\"layer\""), ("}]}", "}]}{}"), ("}]}", "}]"),
    ]
  )
  func ambiguous(_ original: String, _ replacement: String) throws {
    let range = try #require(Self.manifest.firstRange(of: original))
    let text = String(Self.manifest[..<range.lowerBound]) + replacement + String(Self.manifest[range.upperBound...])
    #expect(throws: DocumentError.self) { try ImageManifest(parsing: Array(text.utf8)) }
  }

  @Test("Every change of one byte is refused or read without a trap")
  func mutations() {
    let bytes = Array(Self.manifest.utf8)
    for index in bytes.indices {
      for value: UInt8 in [0, 0x22, 0x5C, 0x7B, 0x5D, 0x2D, 0x39, 0xFF] {
        var changed = bytes
        changed[index] = value
        // Most are refused; what matters is that none traps.
        if let manifest = try? ImageManifest(parsing: changed) { #expect(manifest.configuration.size >= 0) }
      }
    }
  }
}
