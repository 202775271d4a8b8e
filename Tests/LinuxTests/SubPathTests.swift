import Glibc
import Linux
import Testing

@Suite("SEC-26: a sub-path stays in its volume")
struct SubPathTests {
  /// A volume with ways out of it, beside a file that must not be reached.
  private func volume(_ scratch: ScratchDirectory) throws -> OwnedFD {
    try scratch.write("secret", "outside")
    try makeDirectory(scratch.descriptor, "volume")
    let volume = try openDirectory(scratch.descriptor, "volume")
    let raw = volume.raw
    try check("fchmod") { fchmod(raw, 0o2770) }
    for name in ["dir", "dir/sub"] { try makeDirectory(raw, name) }
    try replaceFile(in: raw, named: "file", with: Array("inside".utf8), durability: .untilReboot)
    let links = [
      ("inside", "dir/sub"), ("up", ".."), ("out", "../secret"), ("absolute", "\(scratch.path)/volume/dir"),
      ("root", "/"), ("magic", "/proc/self/root"), ("loop", "loop"), ("dir/back", "../dir/sub"),
      ("dir/out", "../../secret"),
      ("dangling", "dir/none"), ("danglingOut", "../none"),
    ]
    for (name, target) in links { try check("symlinkat") { symlinkat(target, raw, name) } }
    return volume
  }

  @Test("what is in it is found", arguments: ["dir", "dir/sub", "./dir//sub/", "file", "inside", "dir/back", "."])
  func found(path: String) throws {
    let scratch = try ScratchDirectory()
    let volume = try volume(scratch)
    _ = try openSubPath(path, of: volume.raw)
    #expect(try entries(of: volume.raw).count == 11, "nothing is made for what is there")
  }

  @Test(
    "what leaves it is refused, and nothing is made outside",
    arguments: [
      ("up", EXDEV), ("out", EXDEV), ("absolute", EXDEV), ("root", EXDEV), ("root/etc", EXDEV), ("dir/out", EXDEV),
      ("up/none", EXDEV), ("danglingOut", EXDEV), ("danglingOut/x", EXDEV), ("magic", EXDEV), ("loop", ELOOP),
      ("file/x", ENOTDIR), ("..", EINVAL), ("dir/../dir", EINVAL), ("/dir", EINVAL), ("a/../../b", EINVAL),
    ]
  )
  func refused(path: String, code: Int32) throws {
    let scratch = try ScratchDirectory()
    let volume = try volume(scratch)
    do throws(SyscallError) {
      _ = try openSubPath(path, of: volume.raw)
      Issue.record("\(path) was opened")
    } catch {
      #expect(error.errno == code, "\(path): \(error)")
    }
    #expect(try scratch.names == ["secret", "volume"])
  }

  @Test("what is missing is made, with owner and permissions of the root")
  func made() throws {
    let scratch = try ScratchDirectory()
    let volume = try volume(scratch)
    _ = try openSubPath("new/er/est", of: volume.raw)
    for path in ["new", "new/er", "new/er/est"] {
      var status = stat()
      #expect(stat("\(scratch.path)/volume/\(path)", &status) == 0)
      #expect(status.st_mode & 0o7777 == 0o2770, "\(path)")
    }
  }

  @Test("deeper than anybody needs is refused")
  func deep() throws {
    let scratch = try ScratchDirectory()
    let volume = try volume(scratch)
    let path = Array(repeating: "a", count: 65).joined(separator: "/")
    #expect(throws: SyscallError.self) { _ = try openSubPath(path, of: volume.raw) }
  }
}
