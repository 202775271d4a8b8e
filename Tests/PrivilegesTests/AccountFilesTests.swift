import Glibc
import Linux
import Testing

@testable import Privileges

@Suite("The files of an image are read without leaving it and without waiting (SEC-29)")
struct AccountFilesTests {
  /// An image's root with `etc`, and a directory beside it that the image must never reach.
  struct Image: ~Copyable {
    let directory: TemporaryDirectory

    private init(_ directory: consuming TemporaryDirectory) { self.directory = directory }

    static func make() throws -> Image {
      let image = Image(try TemporaryDirectory())
      try ensureDirectories(image.path + "/root/etc")
      try ensureDirectories(image.path + "/outside")
      try image.write("outside/passwd", "outsider:x:666:666::/:\n")
      return image
    }

    var path: String { directory.path }

    func write(_ name: String, _ text: String) throws {
      let file = try openAt(AT_FDCWD, path + "/" + name, O_WRONLY | O_CREAT | O_TRUNC)
      try writeAll(file.raw, Array(text.utf8))
    }

    func resolve(_ user: String) throws -> ResolvedUser {
      let root = try openAt(AT_FDCWD, path + "/root", openPathOnly | O_DIRECTORY)
      return try ResolvedUser(UserRequest(imageUser: user), in: AccountFiles(root: root.raw))
    }
  }

  @Test("Plain files, and links that stay inside")
  func plain() throws {
    let image = try Image.make()
    try image.write("root/etc/passwd", "web:x:7:8::/srv:\n")
    try image.write("root/etc/group", "more:x:9:web\n")
    #expect(try image.resolve("web").groups == [8, 9])
    #expect(rename(image.path + "/root/etc/passwd", image.path + "/root/passwd.real") == 0)
    #expect(symlink("/passwd.real", image.path + "/root/etc/passwd") == 0)
    #expect(try image.resolve("web").uid == 7)
    #expect(unlink(image.path + "/root/etc/passwd") == 0)
    #expect(symlink("../../../../../passwd.real", image.path + "/root/etc/passwd") == 0)
    #expect(try image.resolve("web").uid == 7)
  }

  @Test("Missing files are empty ones")
  func missing() throws {
    let image = try Image.make()
    #expect(try image.resolve("5").groups == [0])
    #expect(rmdir(image.path + "/root/etc") == 0)
    #expect(try image.resolve("5").groups == [0])
    try image.write("root/etc", "a file")
    #expect(try image.resolve("5").groups == [0])
  }

  @Test("Links to the outside find nothing there")
  func outside() throws {
    for target in ["../../outside/passwd", "/tmp/../outside/passwd", "/outside/passwd", "/proc/self/fd/3"] {
      let image = try Image.make()
      #expect(symlink(target, image.path + "/root/etc/passwd") == 0)
      #expect(throws: PrivilegesError.self, "\(target)") { try image.resolve("outsider") }
    }
    let image = try Image.make()
    #expect(rmdir(image.path + "/root/etc") == 0)
    #expect(symlink(image.path + "/outside", image.path + "/root/etc") == 0)
    #expect(throws: PrivilegesError.self) { try image.resolve("outsider") }
  }

  @Test("A FIFO, a directory, a device, a loop of links and an endless file are errors, at once")
  func otherKinds() throws {
    let makers: [(String) -> Int32] = [
      { mkfifo($0, 0o644) }, { mkdir($0, 0o755) }, { mknod($0, S_IFCHR | 0o666, 0x105) },
      { mknod($0, S_IFSOCK | 0o666, 0) }, { symlink(String($0.split(separator: "/").last ?? ""), $0) },
      { sparse($0, 10 << 30) },
      { sparse($0, Int64(AccountFiles.maximumBytes) + 1) },
    ]
    for (index, make) in makers.enumerated() {
      for name in ["passwd", "group"] {
        let image = try Image.make()
        #expect(make(image.path + "/root/etc/" + name) == 0, "maker \(index)")
        let error = #expect(throws: PrivilegesError.self, "maker \(index)") { try image.resolve("5") }
        #expect(error?.place == "etc/" + name, "maker \(index)")
      }
    }
  }
}

/// Makes a file with a hole of that length.
private func sparse(_ path: String, _ length: Int64) -> Int32 {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
  defer { close(descriptor) }
  return ftruncate(descriptor, off_t(length))
}
