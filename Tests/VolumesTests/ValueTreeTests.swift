import Glibc
import Linux
import Testing

@testable import Volumes

@Suite("Volumes of values lie as the kubelet leaves them")
struct ValueTreeTests {
  /// Writes into a directory in memory, and lists it: path, permissions, and what is in it or where it leads.
  private func written(_ files: [ValueFile], group: UInt32? = nil) throws -> [String] {
    var template = Array("/dev/shm/swl-volumes.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SyscallError("mkdtemp", errno) }
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer {
      // What is left of a test in memory is nobody's.
      if let parent = try? openDirectory(AT_FDCWD, "/dev/shm") {
        try? removeTree(parent.raw, String(path.dropFirst("/dev/shm/".count)))
      }
    }
    let directory = try openDirectory(AT_FDCWD, path)
    try ValueTree(files, group: group).write(to: directory.raw, version: "1")
    return try list(path, "")
  }

  private func list(_ root: String, _ path: String) throws -> [String] {
    let directory = try openDirectory(AT_FDCWD, root + path)
    return try entries(of: directory.raw).flatMap { name -> [String] in
      let own = path + "/" + name
      var status = stat()
      guard lstat(root + own, &status) == 0 else { throw SyscallError("lstat", errno) }
      let mode = String(status.st_mode & 0o7777, radix: 8)
      switch status.st_mode & S_IFMT {
      case S_IFDIR: return ["\(own) \(mode)"] + (try list(root, own))
      case S_IFLNK:
        var buffer = [CChar](repeating: 0, count: 256)
        let count = readlink(root + own, &buffer, buffer.count)
        return ["\(own) -> \(String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self))"]
      default:
        let bytes = try readRegularFile(AT_FDCWD, root + own, limit: 1 << 20)
        return ["\(own) \(mode) \(String(decoding: bytes, as: UTF8.self))"]
      }
    }
  }

  @Test("Files behind one link that can be replaced, entries that lead through it")
  func layout() throws {
    let listed = try written([
      ValueFile(path: "a", content: Array("1".utf8), mode: 0o644),
      ValueFile(path: "d/e/b", content: Array("2".utf8), mode: 0o400),
      ValueFile(path: "d/c", content: [], mode: 0o755),
    ])
    #expect(
      listed == [
        "/..1 755", "/..1/a 644 1", "/..1/d 755", "/..1/d/c 755 ", "/..1/d/e 755", "/..1/d/e/b 400 2", "/..data -> ..1",
        "/a -> ..data/a", "/d -> ..data/d",
      ]
    )
  }

  @Test("The later of two files at one path counts, and nothing at all is an empty volume")
  func later() throws {
    let listed = try written([
      ValueFile(path: "a", content: Array("1".utf8), mode: 0o644),
      ValueFile(path: "a", content: Array("2".utf8), mode: 0o600),
    ])
    #expect(listed.contains("/..1/a 600 2"))
    #expect(try written([]) == ["/..1 755", "/..data -> ..1"])
  }

  @Test("With a group its members can read everything", .enabled(if: geteuid() == 0, "only root gives files away"))
  func group() throws {
    let listed = try written([ValueFile(path: "d/a", content: [], mode: 0o400)], group: 2000)
    #expect(listed == ["/..1 2755", "/..1/d 2755", "/..1/d/a 440 ", "/..data -> ..1", "/d -> ..data/d"])
  }

  @Test(
    "What is no path for a file is refused before anything is written",
    arguments: ["", "/a", "a/", "a//b", ".", "a/./b", "..", "../a", "a/../b", "..data", "..x/y", "a\0b"]
  )
  func refused(path: String) {
    #expect(throws: VolumeError.self) {
      _ = try ValueTree([ValueFile(path: path, content: [], mode: 0o644)], group: nil)
    }
  }

  @Test("A file cannot be a directory, and there is an end to their size")
  func clashes() {
    let both = ["a", "a/b"].map { ValueFile(path: $0, content: [], mode: 0o644) }
    #expect(throws: VolumeError.self) { _ = try ValueTree(both, group: nil) }
    let large = ValueFile(path: "a", content: [UInt8](repeating: 0, count: ValueTree.greatestSize + 1), mode: 0o644)
    #expect(throws: VolumeError.self) { _ = try ValueTree([large], group: nil) }
  }
}
