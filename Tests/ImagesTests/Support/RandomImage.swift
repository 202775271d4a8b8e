import ArchiveTestKit

@testable import Images

/// Numbers that follow from a seed (SplitMix64).
struct Seeded: RandomNumberGenerator {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Layers as builders make them, with everything that a layer can have. Each refers to what the layers below it made.
struct RandomImage {
  private enum Kind { case directory, other }

  private var random: Seeded
  /// What is there after the layers so far.
  private var tree: [String: Kind] = [:]
  /// What the layer that is being made has.
  private var touched: Set<String> = []
  private var files: [String] = []
  /// Directories that a whiteout took something out of, or that got a directory without an entry of its own.
  private(set) var disturbed: Set<String> = []
  private var tar = TarWriter()

  init(seed: UInt64) { random = Seeded(seed) }

  mutating func layers(_ count: Int) -> [TestImage.Layer] {
    (0..<count).map { index in layer(first: index == 0) }
  }

  private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
  private mutating func chance(_ percent: Int) -> Bool { number(1...100) <= percent }

  private mutating func layer(first: Bool) -> TestImage.Layer {
    (touched, files, tar) = ([], [], TarWriter())
    if chance(first ? 70 : 15) { directoryEntry("./") }
    for _ in 0..<number(4...24) { operation(first) }
    let bytes = tar.finished
    return TestImage.Layer(bytes: bytes, mediaType: MediaType.layer, diffID: .sha256(of: bytes))
  }

  private mutating func operation(_ first: Bool) {
    switch number(1...100) {
    case 1...30: make { $0.file($1) }
    case 31...45:
      let path = newPath()
      guard prepare(path) else { return }
      directoryEntry(path)
      tree[path] = .directory
    case 46...55: make { $0.entry($1, "2", link: "../target-\($1.utf8.count)") }
    case 56...65:
      guard let source = files.randomElement(using: &random) else { return }
      make { image, path in image.tar.link(source, path) }
    case 66...70: make { $0.entry($1, "6") }
    case 71...75: make { $0.entry($1, "3") }
    case 76...90: if !first { whiteout() }
    default: if !first { opaque() }
    }
  }

  /// A name in a directory that is there or will be made.
  private mutating func newPath() -> String {
    let directories = tree.filter { $0.value == .directory }.keys.sorted() + ["", ""]
    let parent = directories.randomElement(using: &random) ?? ""
    let names = ["a", "b", "c", "bin", "etc", "lib", "x-\(number(0...9))"]
    var path = (parent.isEmpty ? "" : parent + "/") + (names.randomElement(using: &random) ?? "a")
    // Directories that come with what lies in them, without an entry of their own.
    if chance(15) { path += "/deep\(number(0...3))/\(number(0...9))" }
    return path
  }

  private mutating func prefixes(_ path: String) -> [String] {
    let parts = path.split(separator: "/")
    return (1..<parts.count).map { parts[..<$0].joined(separator: "/") }
  }

  /// Whether the layer can have something new under a path; then the directories above are made, some with entries.
  private mutating func prepare(_ path: String) -> Bool {
    let above = path.contains("/") ? prefixes(path) : []
    if touched.contains(path) || above.contains(where: { tree[$0] == .other }) { return false }
    // What replaces a directory that this layer has something in would take that away again.
    if tree[path] == .directory, touched.contains(where: { $0.hasPrefix(path + "/") }) { return false }
    for directory in above where !touched.contains(directory) {
      if chance(tree[directory] == nil ? 70 : 40) {
        directoryEntry(directory)
        touched.insert(directory)
      } else if tree[directory] == nil {
        disturbed.insert(directory.split(separator: "/").dropLast().joined(separator: "/"))
      }
      tree[directory] = .directory
    }
    touched.insert(path)
    return true
  }

  private mutating func make(_ entry: (inout RandomImage, String) -> Void) {
    let path = newPath()
    guard prepare(path) else { return }
    remove(below: path)
    entry(&self, path)
    tree[path] = .other
  }

  private mutating func remove(below path: String) {
    for name in tree.keys where name.hasPrefix(path + "/") { tree[name] = nil }
  }

  private mutating func file(_ path: String) {
    entry(path, "0", data: Array("content \(random.next())".utf8))
    files.append(path)
  }

  private mutating func directoryEntry(_ path: String) { entry(path, "5") }

  private mutating func entry(_ path: String, _ type: Character, link: String = "", data: [UInt8] = []) {
    var header = TarWriter.Header()
    (header.type, header.link, header.size) = (type, link, data.count)
    if type == "3" { (header.major, header.minor) = (1, 3) }
    if type == "2" { header.mode = 0o777 }
    describe(&header, isLink: type == "2")
    let described = header
    tar.entry(path, data: data) { $0 = described }
  }

  private mutating func describe(_ header: inout TarWriter.Header, isLink: Bool = false) {
    header.uid = UInt64([0, 0, 1000, 65534, 100_000].randomElement(using: &random) ?? 0)
    header.gid = UInt64(number(0...3))
    if !isLink {
      header.mode = [0o644, 0o755, 0o4755, 0o2711, 0o1777, 0o700, 0o6600, 0o444].randomElement(using: &random) ?? 0o644
    }
    // A directory's group goes to what is made in it without saying otherwise: the kernel's doing, not the archive's.
    if header.type == "5" { header.mode &= 0o5777 }
    let time = "\(number(1...1_500_000_000)).\(number(100_000_000...999_999_999))"
    header.pax.append(("mtime", Array(time.utf8)))
    let isFileOrDirectory = header.type == "0" || header.type == "5"
    if isFileOrDirectory, chance(20) { header.pax.append(("SCHILY.xattr.user.key", Array("v\(number(0...9))".utf8))) }
    if header.type == "0", chance(15) {
      header.pax.append(
        ("SCHILY.xattr.security.capability", [1, 0, 0, 2, 0, 32, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
      )
    }
  }

  private mutating func whiteout() {
    let candidates = tree.keys.filter { path in
      !touched.contains(path) && !touched.contains { $0.hasPrefix(path + "/") }
    }.sorted()
    guard let path = candidates.randomElement(using: &random) else { return }
    let parts = path.split(separator: "/")
    let name = (parts.dropLast() + [".wh.\(parts[parts.count - 1])"]).joined(separator: "/")
    tar.file(name)
    disturbed.insert(parts.dropLast().joined(separator: "/"))
    tree[path] = nil
    remove(below: path)
    touched.insert(path)
  }

  private mutating func opaque() {
    // Where this layer has nothing yet: in which order the two come is another test's subject.
    let candidates = tree.filter { entry in
      entry.value == .directory && !touched.contains { $0 == entry.key || $0.hasPrefix(entry.key + "/") }
    }.keys.sorted()
    guard let path = candidates.randomElement(using: &random) else { return }
    directoryEntry(path)
    tar.file(path + "/.wh..wh..opq")
    disturbed.insert(path)
    touched.insert(path)
    remove(below: path)
  }
}
