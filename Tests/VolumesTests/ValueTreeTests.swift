import Glibc
import Testing
import Volumes

@Suite("Files made of values lie as the kubelet lays them")
struct ValueTreeTests {
  private func file(_ path: String, _ text: String = "x", _ mode: UInt16 = 0o644) -> ValueFile {
    ValueFile(path: path, content: Array(text.utf8), mode: mode)
  }

  private func refusal(_ files: [ValueFile]) -> String? {
    #expect(throws: VolumeError.self) { try ValueTree(files, group: nil) }?.description
  }

  @Test("Each entry leads through ..data to a directory of this version; modes are those asked for, not the umask's")
  func layout() throws {
    let scratch = try Scratch()
    let files = [
      file("top", "T"), file("deep/er/a", "A", 0o600), file("deep/b", "B", 0o4755), file(".hidden", "", 0o666),
    ]
    try ValueTree(files, group: nil).write(to: scratch.descriptor, version: "1")
    #expect(
      try scratch.tree() == [
        "..1 d 755", "..1/.hidden f 666 ", "..1/deep d 755", "..1/deep/b f 4755 B", "..1/deep/er d 755",
        "..1/deep/er/a f 600 A", "..1/top f 644 T", "..data -> ..1", ".hidden -> ..data/.hidden",
        "deep -> ..data/deep", "top -> ..data/top",
      ]
    )
    #expect(try Scratch.status(scratch.path).st_mode & 0o7777 == 0o777)
  }

  @Test("A volume without files has its ..data all the same")
  func empty() throws {
    let scratch = try Scratch()
    try ValueTree([], group: nil).write(to: scratch.descriptor, version: "7")
    #expect(try scratch.tree() == ["..7 d 755", "..data -> ..7"])
  }

  @Test("The later of two files at one path counts, with its own mode")
  func laterWins() throws {
    let scratch = try Scratch()
    try ValueTree([file("a", "first"), file("a", "second", 0o400)], group: nil)
      .write(to: scratch.descriptor, version: "1")
    #expect(try scratch.tree() == ["..1 d 755", "..1/a f 400 second", "..data -> ..1", "a -> ..data/a"])
  }

  @Test(
    "A group owns everything, may read every file, and inherits to what is made",
    .enabled(if: geteuid() == 0, "only root gives files away")
  )
  func group() throws {
    let scratch = try Scratch()
    try ValueTree([file("dir/a", "A", 0o400), file("b", "B", 0)], group: 4711)
      .write(to: scratch.descriptor, version: "1")
    #expect(
      try scratch.tree() == [
        "..1 d 2755", "..1/b f 440 B", "..1/dir d 2755", "..1/dir/a f 440 A", "..data -> ..1", "b -> ..data/b",
        "dir -> ..data/dir",
      ]
    )
    for path in ["", "/..1", "/..1/b", "/..1/dir", "/..1/dir/a"] {
      let status = try Scratch.status(scratch.path + path)
      #expect((status.st_uid, status.st_gid) == (0, 4711), "\(path)")
    }
    #expect(try Scratch.status(scratch.path).st_mode & 0o7777 == 0o2777)
  }

  @Test(
    "Paths that leave the volume, mean nothing or are ours are refused by name",
    arguments: [
      "", "/", "/etc/passwd", "a//b", "a/", "..", "../a", "a/../b", "a/..", ".", "a/./b", "..data", "..data/a", "..1",
      "...", "a\0b", String(repeating: "n", count: 256), "a/" + String(repeating: "n", count: 256),
    ]
  )
  func refusedPath(_ path: String) {
    #expect(refusal([file(path)]) == "\(path) is no path for a file of a volume")
  }

  @Test("Names that only look like those are names", arguments: ["a/..b", "a/...", ".a", "a..", "-", "ü/ß"])
  func acceptedPath(_ path: String) throws {
    let scratch = try Scratch()
    try ValueTree([file(path, "here")], group: nil).write(to: scratch.descriptor, version: "1")
    #expect(try scratch.tree().contains("..1/\(path) f 644 here"))
  }

  @Test("A path cannot be a file and a directory, in whichever order they come")
  func clash() throws {
    for files in [[file("a/b"), file("a/b/c")], [file("a/b/c"), file("a/b")]] {
      #expect(refusal(files) == "a/b would be a file and a directory")
    }
    _ = try ValueTree([file("a/b"), file("a/bc/d")], group: nil)
  }

  @Test("All files of a volume together have a greatest size")
  func tooMuch() throws {
    let half = ValueFile(path: "a", content: [UInt8](repeating: 0, count: ValueTree.greatestSize / 2), mode: 0o644)
    var other = half
    other.path = "b"
    _ = try ValueTree([half, other], group: nil)
    // What is replaced does not count.
    _ = try ValueTree([half, half, other], group: nil)
    #expect(refusal([half, other, file("c")]) == "its files have more than 67108864 bytes together")
  }
}
