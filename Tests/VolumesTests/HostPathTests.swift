import CLinux
import Glibc
import Linux
import PodModel
import Testing
import Volumes

@Suite("What a hostPath names is checked by its type")
struct HostPathTests {
  private typealias Kind = HostPathVolume.Kind

  private func prepare(_ path: String, _ kind: HostPathVolume.Kind?) throws(VolumeError) {
    try HostPath.prepare(HostPathVolume(path: path, type: kind))
  }

  /// A directory with one thing of each kind that everybody can make, and links to them.
  private func furnished() throws -> Scratch {
    let scratch = try Scratch()
    try makeDirectory(scratch.descriptor, "directory")
    try scratch.write("file", "text")
    try check("symlinkat") { symlinkat("directory", scratch.descriptor, "to-directory") }
    try check("symlinkat") { symlinkat("nowhere", scratch.descriptor, "dangling") }
    let socket = try check("socket") { Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0) }
    defer { close(socket) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array("\(scratch.path)/socket".utf8)) }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    try check("bind") {
      withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(socket, $0, size) }
      }
    }
    return scratch
  }

  private static let words: [(kind: HostPathVolume.Kind, word: String, good: [String])] = [
    (.directory, "a directory", ["directory", "to-directory"]), (.file, "a file", ["file"]),
    (.socket, "a socket", ["socket"]), (.characterDevice, "a character device", ["/dev/null"]),
    (.blockDevice, "a block device", []),
  ]

  @Test("Each type accepts its own and names everything else", arguments: words.map(\.kind))
  func types(_ kind: HostPathVolume.Kind) throws {
    let scratch = try furnished()
    let before = try scratch.names
    let (_, word, good) = try #require(Self.words.first { $0.kind == kind })
    for name in ["directory", "to-directory", "file", "socket", "/dev/null"] {
      let path = name.hasPrefix("/") ? name : "\(scratch.path)/\(name)"
      if good.contains(name) {
        #expect(throws: Never.self) { try prepare(path, kind) }
      } else {
        let error = #expect(throws: VolumeError.self) { try prepare(path, kind) }
        #expect(error?.description == "hostPath type check failed: \(path) is not \(word)")
      }
    }
    for name in ["nothing", "file/below", "dangling"] {
      let path = "\(scratch.path)/\(name)"
      let error = #expect(throws: VolumeError.self) { try prepare(path, kind) }
      #expect(error?.description == "hostPath type check failed: \(path) is not \(word): there is nothing")
    }
    #expect(try scratch.names == before)
  }

  @Test("A block device", .enabled(if: geteuid() == 0, "only root makes devices"))
  func blockDevice() throws {
    let scratch = try Scratch()
    try check("mknodat") { mknodat(scratch.descriptor, "disk", S_IFBLK | 0o600, dev_t(lx_makedev(7, 200))) }
    try prepare("\(scratch.path)/disk", .blockDevice)
    let error = #expect(throws: VolumeError.self) { try prepare("\(scratch.path)/disk", .characterDevice) }
    #expect(error?.description == "hostPath type check failed: \(scratch.path)/disk is not a character device")
  }

  @Test(
    "Where nothing is asked for whatever is there will do, or a directory is made",
    arguments: [nil, .unchecked] as [HostPathVolume.Kind?]
  )
  func unchecked(_ kind: HostPathVolume.Kind?) throws {
    let scratch = try furnished()
    for name in ["directory", "file", "socket", "to-directory"] { try prepare("\(scratch.path)/\(name)", kind) }
    try prepare("\(scratch.path)/new/deep/er", kind)
    #expect(try Scratch.status("\(scratch.path)/new/deep/er").st_mode == S_IFDIR | 0o755)
    let dangling = "\(scratch.path)/dangling"
    let error = #expect(throws: VolumeError.self) { try prepare(dangling, kind) }
    #expect(error?.description == "hostPath \(dangling): it is a link that leads to nothing")
  }

  @Test("DirectoryOrCreate makes what is missing, all the way, for everybody to pass")
  func directoryOrCreate() throws {
    let scratch = try furnished()
    try prepare("\(scratch.path)/new/deep/er", .directoryOrCreate)
    let made = try Scratch.status("\(scratch.path)/new/deep/er")
    #expect(made.st_mode == S_IFDIR | 0o755)
    chmod("\(scratch.path)/new", 0o700)
    try prepare("\(scratch.path)/new", .directoryOrCreate)
    #expect(try Scratch.status("\(scratch.path)/new").st_mode & 0o7777 == 0o700)
    let file = "\(scratch.path)/file"
    var error = #expect(throws: VolumeError.self) { try prepare(file, .directoryOrCreate) }
    #expect(error?.description == "hostPath type check failed: \(file) is not a directory")
    error = #expect(throws: VolumeError.self) { try prepare(file + "/below", .directoryOrCreate) }
    #expect(
      error?.description == "hostPath \(file)/below cannot be made: make the directory \(file)/below: Not a directory"
    )
  }

  @Test("FileOrCreate makes an empty file, in a directory that is there")
  func fileOrCreate() throws {
    let scratch = try furnished()
    try prepare("\(scratch.path)/new", .fileOrCreate)
    let made = try Scratch.status("\(scratch.path)/new")
    #expect((made.st_mode, made.st_size) == (S_IFREG | 0o644, 0))
    try prepare("\(scratch.path)/file", .fileOrCreate)
    #expect(try Scratch.status("\(scratch.path)/file").st_size == 4)
    var error = #expect(throws: VolumeError.self) { try prepare("\(scratch.path)/directory", .fileOrCreate) }
    #expect(error?.description == "hostPath type check failed: \(scratch.path)/directory is not a file")
    error = #expect(throws: VolumeError.self) { try prepare("\(scratch.path)/none/new", .fileOrCreate) }
    #expect(error?.description == "hostPath \(scratch.path)/none/new cannot be made: openat: No such file or directory")
    #expect(try !scratch.names.contains("none"))
  }
}
