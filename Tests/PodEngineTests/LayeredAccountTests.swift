import Glibc
import Linux
import PodModel
import Privileges
import Testing

@testable import PodEngine

@Suite("Users are looked up as overlayfs would show the image's files")
struct LayeredAccountTests {
  /// Layers of a bench: paths and their text; `nil` marks a removal.
  private func user(_ layers: [[String: String?]], _ name: String) throws -> ResolvedUser {
    let bench = try Bench()
    defer { bench.clean() }
    var paths: [String] = []
    for (number, files) in layers.enumerated() {
      let root = "\(bench.root)/\(number)"
      try ensureDirectories("\(root)/etc", mode: 0o755)
      let etc = try openDirectory(AT_FDCWD, "\(root)/etc")
      for (file, text) in files {
        if let text {
          try replaceFile(in: etc.raw, named: file, with: Array(text.utf8), durability: .untilReboot)
        } else {
          try check("mknod") { mknodat(etc.raw, file, S_IFCHR, 0) }
        }
      }
      paths.append(root)
    }
    return try ResolvedUser(UserRequest(imageUser: name), in: try LayeredAccounts(layers: paths).read())
  }

  @Test("The topmost file counts")
  func topmost() throws {
    let layers: [[String: String?]] = [
      ["passwd": "me:x:1:1::/one:\n"], ["passwd": "me:x:2:2::/two:\n"], ["group": "mine:x:9:me\n"],
    ]
    let found = try user(layers, "me")
    #expect(found.uid == 2)
    #expect(found.home == "/two")
    #expect(found.groups == [2, 9])
  }

  @Test("A file that a layer removed is not there any more", .enabled(if: geteuid() == 0, "mknod needs root"))
  func removed() throws {
    let layers: [[String: String?]] = [["passwd": "me:x:1:1::/one:\n"], ["passwd": nil]]
    #expect(throws: PrivilegesError.self) { try user(layers, "me") }
  }

  @Test("An image without the files has users by number")
  func none() throws {
    #expect(try user([[:]], "7:8").gid == 8)
  }

  @Test("What is no regular file is refused, and nobody waits for a FIFO", arguments: ["fifo", "link"])
  func notRegular(kind: String) throws {
    let bench = try Bench()
    defer { bench.clean() }
    try ensureDirectories("\(bench.root)/0/etc", mode: 0o755)
    let path = "\(bench.root)/0/etc/passwd"
    if kind == "fifo" { #expect(mkfifo(path, 0o600) == 0) } else { #expect(symlink("/nowhere", path) == 0) }
    let error = #expect(throws: ConfigurationError.self) { try LayeredAccounts(layers: ["\(bench.root)/0"]).read() }
    #expect(error?.problem.hasPrefix("etc/passwd cannot be read from the image") == true)
  }
}
