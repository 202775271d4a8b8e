import CLinux
import Glibc
import Linux
import Testing

@Suite("Paths stay inside their root, whatever lies in the way")
struct PathTests {
  /// A root with ways out of it, beside a file that must not be reached.
  private func root(_ scratch: ScratchDirectory) throws -> OwnedFD {
    try scratch.write("secret", "outside")
    try makeDirectory(scratch.descriptor, "root")
    let root = try openDirectory(scratch.descriptor, "root")
    try makeDirectory(root.raw, "dir")
    let links = [
      ("up", "../secret"), ("far", "../../../../../../../../etc/hostname"), ("absolute", "\(scratch.path)/secret"),
      ("loop", "loop"), ("parent", ".."), ("dir/up", "../../secret"), ("magic", "/proc/self/root/etc/hostname"),
      ("inside", "/dir/file"), ("cwd", "/proc/self/cwd"),
    ]
    for (name, target) in links { try check("symlinkat") { symlinkat(target, root.raw, name) } }
    let dir = try openDirectory(root.raw, "dir")
    try replaceFile(in: dir.raw, named: "file", with: Array("inside".utf8), durability: .untilReboot)
    return root
  }

  @Test(
    "nothing outside is opened",
    arguments: [
      "up", "far", "absolute", "loop", "dir/up", "magic", "../secret", "/../secret", "dir/../../secret",
      "parent/secret",
      "parent/parent/secret", "cwd/secret", "/proc/self/root/etc/hostname", "dir/../up", "./up", "//up",
    ]
  )
  func confined(_ path: String) throws {
    let scratch = try ScratchDirectory()
    let root = try root(scratch)
    for open in [openInRoot, openBeneath] as [(Int32, String, Int32, UInt64) throws(SyscallError) -> OwnedFD] {
      // Whether it fails or leads to something inside, it must not be what lies outside.
      guard let file = try? open(root.raw, path, O_RDONLY, 0) else { continue }
      let text = try readAll(file.raw, limit: 1000)
      Issue.record("\(path) was opened and reads '\(String(decoding: text, as: UTF8.self))'")
    }
  }

  @Test("links that stay inside are followed from the root, and refused where none may be")
  func inside() throws {
    let scratch = try ScratchDirectory()
    let root = try root(scratch)
    let file = try openInRoot(root.raw, "inside", O_RDONLY)
    #expect(try readAll(file.raw, limit: 100) == Array("inside".utf8))
    #expect(throws: SyscallError.self) { _ = try openBeneath(root.raw, "inside", O_RDONLY) }
    #expect(throws: SyscallError.self) { _ = try openBeneath(root.raw, "/dir/file", O_RDONLY) }
  }

  @Test("directories are made inside a root, never through what leads out of it")
  func makesDirectories() throws {
    let scratch = try ScratchDirectory()
    let root = try root(scratch)
    _ = try makeDirectories(inRoot: root.raw, "/a/b/c")
    #expect(access(scratch.path + "/root/a/b/c", F_OK) == 0)
    // A link to the parent resolves to the root itself.
    _ = try makeDirectories(inRoot: root.raw, "/parent/made")
    #expect(access(scratch.path + "/made", F_OK) != 0)
    #expect(access(scratch.path + "/root/made", F_OK) == 0)
    #expect(throws: SyscallError.self) { _ = try makeDirectories(inRoot: root.raw, "/a/../../x") }
    #expect(throws: SyscallError.self) { _ = try makeDirectories(inRoot: root.raw, "/dir/file/x") }
    #expect(throws: SyscallError.self) { _ = try makeDirectories(inRoot: root.raw, "/loop/x") }
  }

  @Test(
    "where a link leads to nothing, what it names is made inside the root",
    arguments: [
      ("to-new", "new/place", "/to-new", "/new/place"), ("to-new", "/new/place", "/to-new", "/new/place"),
      ("to-new", "new", "/to-new/below/it", "/new/below/it"), ("dir/to-new", "../new/x", "/dir/to-new/y", "/new/x/y"),
      ("to-new", "../../../new", "/to-new/x", "/new/x"),
      ("to-new", "../secret-not-there", "/to-new", "/secret-not-there"),
      ("to-new", "dir/./new//x/", "/to-new", "/dir/new/x"), ("to-new", "parent/new", "/to-new", "/new"),
    ]
  )
  func makesBehindLinks(_ link: String, _ target: String, _ path: String, _ made: String) throws {
    let scratch = try ScratchDirectory()
    let root = try root(scratch)
    try check("symlinkat") { symlinkat(target, root.raw, link) }
    let opened = try makeDirectories(inRoot: root.raw, path)
    #expect(try readLink(AT_FDCWD, "/proc/self/fd/\(opened.raw)") == scratch.path + "/root" + made)
    #expect(try scratch.names == ["root", "secret"])
  }

  @Test("links that lead to each other, and too many of them, end in an error")
  func linkChains() throws {
    let scratch = try ScratchDirectory()
    let root = try root(scratch)
    for index in 0..<45 { try check("symlinkat") { symlinkat("l\(index + 1)/x", root.raw, "l\(index)") } }
    for (name, target) in [("a", "b/x"), ("b", "a/x"), ("self", "self/x")] {
      try check("symlinkat") { symlinkat(target, root.raw, name) }
    }
    for path in ["/l0", "/a", "/self", "/self/y"] {
      let error = #expect(throws: SyscallError.self) { _ = try makeDirectories(inRoot: root.raw, path) }
      #expect(error?.errno == ELOOP, "\(path)")
    }
    _ = try makeDirectories(inRoot: root.raw, "/l20")
    #expect(try scratch.names == ["root", "secret"])
  }

  @Test("a path on another mount is refused where one mount was asked for")
  func oneMount() throws {
    let slash = try openDirectory(AT_FDCWD, "/")
    #expect(throws: SyscallError.self) { _ = try openOnMount(slash.raw, "proc/version", O_RDONLY) }
  }
}

@Suite("A tree is removed as a whole and nothing beside it")
struct RemoveTreeTests {
  @Test("what is not there is fine, files and links go themselves")
  func simple() throws {
    let scratch = try ScratchDirectory()
    try removeTree(scratch.descriptor, "nothing")
    try scratch.write("file", "x")
    try check("symlinkat") { symlinkat("file", scratch.descriptor, "link") }
    try removeTree(scratch.descriptor, "link")
    #expect(try scratch.names == ["file"])
    try removeTree(scratch.descriptor, "file")
    #expect(try scratch.names == [])
  }

  @Test("links in it are not followed")
  func links() throws {
    let scratch = try ScratchDirectory()
    for name in ["kept", "kept/inner", "tree", "tree/inner"] { try makeDirectory(scratch.descriptor, name) }
    for target in ["../kept", "../../kept", "/", "..", ".", "nowhere"] {
      let name = "tree/inner/\(target.utf8.map { String($0) }.joined(separator: "-"))"
      try check("symlinkat") { symlinkat(target, scratch.descriptor, name) }
    }
    try removeTree(scratch.descriptor, "tree")
    #expect(try scratch.names == ["kept"])
    #expect(access(scratch.path + "/kept/inner", F_OK) == 0)
  }

  @Test("a tree of two thousand levels")
  func deep() throws {
    let scratch = try ScratchDirectory()
    try makeDirectory(scratch.descriptor, "tree")
    var current = try openDirectory(scratch.descriptor, "tree")
    for _ in 0..<2000 {
      try makeDirectory(current.raw, "a-rather-long-name")
      current = try openDirectory(current.raw, "a-rather-long-name")
    }
    try removeTree(scratch.descriptor, "tree")
    #expect(try scratch.names == [])
  }

  @Test("names that are no UTF-8, and many of them")
  func names() throws {
    let scratch = try ScratchDirectory()
    try makeDirectory(scratch.descriptor, "tree")
    let tree = try openDirectory(scratch.descriptor, "tree")
    for byte in 1...255 where byte != 0x2F {
      let name: [CChar] = [CChar(truncatingIfNeeded: byte), 0x78, 0]
      try check("mkdirat") { mkdirat(tree.raw, name, 0o700) }
    }
    for index in 0..<3000 { try check("mknodat") { mknodat(tree.raw, "file\(index)", S_IFREG | 0o600, 0) } }
    try removeTree(scratch.descriptor, "tree")
    #expect(try scratch.names == [])
  }

  @Test("what is mounted in it is not touched", .enabled(if: geteuid() == 0, "only root mounts"))
  func mounts() throws {
    let scratch = try ScratchDirectory()
    for name in ["tree", "tree/a", "tree/a/mount", "kept"] { try makeDirectory(scratch.descriptor, name) }
    let kept = try openDirectory(scratch.descriptor, "kept")
    try check("mknodat") { [raw = kept.raw] in mknodat(raw, "file", S_IFREG | 0o600, 0) }
    let point = scratch.path + "/tree/a/mount"
    // Of the same filesystem: its number does not tell.
    let copy = try cloneMount(AT_FDCWD, scratch.path + "/kept", recursive: false)
    let target = try openAt(AT_FDCWD, point, openPathOnly)
    try attachMount(copy.raw, to: target.raw)
    defer { lx_umount2(point, Int32(LX_UMOUNT_DETACH)) }
    let error = #expect(throws: SyscallError.self) { try removeTree(scratch.descriptor, "tree") }
    #expect(error?.errno == EXDEV)
    #expect(access(scratch.path + "/kept/file", F_OK) == 0)
  }

  @Test("a tree that somebody renames in meanwhile is still removed without leaving it")
  func race() async throws {
    let scratch = try ScratchDirectory()
    try makeDirectory(scratch.descriptor, "kept")
    try scratch.write("kept-file", "x")
    for _ in 0..<20 {
      for name in ["tree", "tree/a", "tree/a/b"] { try makeDirectory(scratch.descriptor, name) }
      try check("symlinkat") { symlinkat("../kept", scratch.descriptor, "tree/link") }
      let base = scratch.path
      let exchange = Task.detached {
        for _ in 0..<200 {
          rename(base + "/tree/a", base + "/tree/c")
          rename(base + "/tree/link", base + "/tree/a")
          rename(base + "/tree/a", base + "/tree/link")
          rename(base + "/tree/c", base + "/tree/a")
        }
      }
      // It may lose the race against names that move, but must not remove anything else.
      try? removeTree(scratch.descriptor, "tree")
      await exchange.value
      try removeTree(scratch.descriptor, "tree")
    }
    #expect(try scratch.names == ["kept", "kept-file"])
  }
}
