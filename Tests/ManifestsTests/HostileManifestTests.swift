import Manifests
import Testing

/// SplitMix64: a failing run is repeated from its printed seed.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

@Suite("A hostile manifest costs little and breaks nothing")
struct HostileManifestTests {
  /// Nine lists of nine aliases each: half a billion values.
  static let bomb: String = {
    var text = "x0: &x0 [a, a, a, a, a, a, a, a, a]\n"
    for level in 1...9 {
      let aliases = Array(repeating: "*x\(level - 1)", count: 9).joined(separator: ", ")
      text += "x\(level): &x\(level) [\(aliases)]\n"
    }
    return text
  }()

  @Test func aliasesThatMultiply() {
    let head = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
    for field in ["tolerations", "containers", "hostname"] {
      let diagnostics = diagnose(Self.bomb + head + "spec: {\(field): *x9}\n")
      #expect(!diagnostics.isEmpty && diagnostics.count <= 201)
    }
    let kept = diagnose(Self.bomb + head + "spec: {tolerations: *x9, containers: [{name: a, image: b}]}")
    #expect(kept.contains { $0.contains("more than 200000 values") })
  }

  @Test(arguments: [
    "? *x9\n: 1\n", "*x9 : 1\n", "[*x9]: 1\n", "y: {[*x9]: 1}\n", "{a: [ *x9 ] } : 1\n", "y: [?*x9 : 1]\n",
  ])
  func aliasesWithinKeys(line: String) {
    let diagnostics = diagnose(Self.bomb + line)
    #expect(diagnostics.count == 1)
    #expect(diagnostics.first?.hasPrefix("11:") == true)
  }

  @Test func keysWithinKeys() {
    let deep = String(repeating: "? ", count: 500) + "[" + String(repeating: "a,", count: 200_000) + "]"
    #expect(diagnose(deep).first?.contains("too many keys marked with ?") == true)
  }

  @Test func manyAliasesOnOneLine() {
    let aliases = String(repeating: "*a ", count: 100_000)
    #expect(diagnose(ManifestTests.smallest + "\n    args: [\"&a \(aliases)\"]\n") == [])
    #expect(diagnose(ManifestTests.smallest + "\nstatus: [&a {}, \(aliases.replacing(" ", with: ","))]\n") == [])
  }

  @Test func nesting() {
    #expect(diagnose(String(repeating: "[", count: 100_000)).count == 1)
    #expect(diagnose(String(repeating: "{a: ", count: 100_000)).count == 1)
    #expect(diagnose(String(repeating: "- ", count: 100_000)).count == 1)
    let spec = ManifestTests.smallest + "\n  affinity: "
    let deep = spec + String(repeating: "[", count: 300) + String(repeating: "]", count: 300)
    #expect(diagnose(deep).contains { $0.contains("nested deeper than 64 levels") })
  }

  @Test func size() {
    let text = String(repeating: "#", count: ManifestReader.greatestSize + 1)
    #expect(diagnose(text) == ["1:1: error: the text has 4194305 bytes, more than 4194304"])
  }

  @Test func manyProblems() {
    let text = ManifestTests.smallest + (0..<1000).map { "\n    x\($0): 1" }.joined()
    #expect(diagnose(text).count == 200)
    let warnings = (0..<1000).map { _ in "{name: A}" }.joined(separator: ",")
    let spoiled = ManifestTests.smallest + "\n    env: [\(warnings)]\n    x: 1\n  y: 1"
    let result = ManifestReader.read(spoiled, file: "f")
    #expect(result.hasErrors && result.pods.isEmpty)
  }

  /// Names that are looked up among names: not each with each.
  @Test func manyReferences() {
    let count = 1500
    func list(_ element: (Int) -> String) -> String { (0..<count).map(element).joined(separator: ",") }
    let mounts = list { "{name: x\($0), mountPath: /m\($0)}" }
    let volumes = list { "{name: v\($0), emptyDir: {}}" }
    #expect(diagnose(ManifestTests.smallest + "\n    volumeMounts: [\(mounts)]\n  volumes: [\(volumes)]").count == 200)
    let variables = list { "{name: A\($0), valueFrom: {configMapKeyRef: {name: c, key: q\($0)}}}" }
    let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {\(list { "k\($0): a" })}"
    #expect(diagnose(ManifestTests.smallest + "\n    env: [\(variables)]\n---\n" + map).count == 200)
    let maps = list { "{name: m\($0), configMap: {name: m\($0)}}" }
    #expect(diagnose(ManifestTests.smallest + "\n  volumes: [\(maps)]\n---\n" + map).count == 200)
    let selector = ManifestTests.smallest + "\n  nodeSelector: {\(list { "k\($0): a" })}"
    let node = NodeIdentity(name: "n", labels: [:])
    #expect(ManifestReader.read(selector, file: "f", node: node).diagnostics.count == 200)
  }

  @Test func mergesThatMultiply() {
    var text = "x0: &x0 {name: a}\n"
    for level in 1...8 {
      let aliases = Array(repeating: "*x\(level - 1)", count: 9).joined(separator: ", ")
      text += "x\(level): &x\(level) {<<: [\(aliases)]}\n"
    }
    let pod = ManifestTests.smallest + "\n  - *x8\n  initContainers: [*x8]\n  volumes: [*x8]\n"
    #expect(diagnose(text + pod).contains { $0.contains("more than 200000 values") })
  }

  @Test(arguments: ["\r\n", "\r"])
  func otherLineBreaks(lineBreak: String) {
    let text = ManifestTests.smallest.replacing("\n", with: lineBreak)
    #expect(diagnose(text) == [])
    #expect(diagnose(text + lineBreak + "    x: 1").first?.hasPrefix("9:5: error: spec.containers[0].x") == true)
  }

  @Test func mutationsNeverTrap() {
    let seed = UInt64.random(in: 0 ... .max)
    print("manifests: seed \(seed)")
    var random = SeededGenerator(state: seed)
    let lines = ManifestTests.full.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var refused = 0
    for _ in 0..<600 {
      var mutated = lines
      for _ in 0..<Int.random(in: 1...3, using: &random) { Self.mutate(&mutated, &random) }
      let result = ManifestReader.read(mutated.joined(separator: "\n"), file: "f")
      #expect(result.pods.isEmpty == result.hasErrors, "seed \(seed)")
      for diagnostic in result.diagnostics { #expect(!diagnostic.rendered().isEmpty) }
      if result.hasErrors { refused += 1 }
    }
    #expect(refused > 100)
  }

  static let tokens = [
    "*a", "&a ", "!!int ", "? ", ": ", "- ", "[", "]", "{", "}", "\"", "'", "|", ">", "#", "%", "@", "\t", "\u{0}", "é",
    "99999999999999999999", "-1", "~", "<<: ", "---\n", "...\n", "\\u", "😀", "\u{2028}", "\u{FEFF}", "yes", ",", "!x ",
    "0.5",
  ]

  static func mutate(_ lines: inout [String], _ random: inout SeededGenerator) {
    let index = Int.random(in: 0..<lines.count, using: &random)
    let other = Int.random(in: 0..<lines.count, using: &random)
    switch Int.random(in: 0..<6, using: &random) {
    case 0: lines.swapAt(index, other)
    case 1: lines[index] = lines[other]
    case 2: lines[index] = " " + lines[index]
    case 3: lines.insert(lines[other], at: index)
    default:
      var scalars = Array(lines[index].unicodeScalars)
      let position = Int.random(in: 0...scalars.count, using: &random)
      let end = Int.random(in: position...scalars.count, using: &random)
      scalars.replaceSubrange(position..<end, with: (tokens.randomElement(using: &random) ?? "").unicodeScalars)
      lines[index] = String(String.UnicodeScalarView(scalars))
    }
  }
}
