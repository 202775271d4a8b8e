import Glibc
import Linux
import PodModel
import Testing

@testable import Volumes

@Suite("A hostPath is what its type says, or the volume is refused")
struct HostPathTests {
  private func scratch(_ body: (String) throws -> Void) throws {
    var template = Array("/dev/shm/swl-hostpath.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SyscallError("mkdtemp", errno) }
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer {
      // What is left of a test in memory is nobody's.
      if let parent = try? openDirectory(AT_FDCWD, "/dev/shm") {
        try? removeTree(parent.raw, String(path.dropFirst("/dev/shm/".count)))
      }
    }
    try ensureDirectory(AT_FDCWD, path + "/directory")
    try ensureDirectory(AT_FDCWD, path + "/directory/inner")
    let parent = try openDirectory(AT_FDCWD, path)
    try replaceFile(in: parent.raw, named: "file", with: [], durability: .untilReboot)
    symlink("directory", path + "/link")
    try body(path)
  }

  @Test(
    "What is there is looked at, links followed",
    arguments: [
      ("directory", HostPathVolume.Kind.directory, true), ("link", .directory, true), ("file", .directory, false),
      ("file", .file, true), ("directory", .file, false), ("file", .unchecked, true), ("none", .unchecked, false),
      ("none", .directory, false), ("none", .file, false), ("none", .socket, false), ("file", .socket, false),
      ("file", .characterDevice, false), ("file", .blockDevice, false), ("directory", .directoryOrCreate, true),
      ("file", .directoryOrCreate, false), ("file", .fileOrCreate, true), ("directory", .fileOrCreate, false),
    ]
  )
  func types(name: String, kind: HostPathVolume.Kind, isGood: Bool) throws {
    try scratch { path in
      let volume = HostPathVolume(path: "\(path)/\(name)", type: kind)
      if isGood {
        try HostPath.prepare(volume)
      } else {
        #expect(throws: VolumeError.self) { try HostPath.prepare(volume) }
      }
    }
  }

  @Test("/dev/null is a character device")
  func device() throws {
    try HostPath.prepare(HostPathVolume(path: "/dev/null", type: .characterDevice))
  }

  @Test("What may be made is made, with the kubelet's permissions")
  func made() throws {
    try scratch { path in
      try HostPath.prepare(HostPathVolume(path: path + "/new/er", type: .directoryOrCreate))
      try HostPath.prepare(HostPathVolume(path: path + "/directory/new", type: .fileOrCreate))
      var status = stat()
      #expect(stat(path + "/new/er", &status) == 0 && status.st_mode & S_IFMT == S_IFDIR)
      #expect(stat(path + "/directory/new", &status) == 0 && status.st_mode & 0o7777 == 0o644)
      #expect(throws: VolumeError.self) {
        try HostPath.prepare(HostPathVolume(path: path + "/none/file", type: .fileOrCreate))
      }
    }
  }

  @Test("The refusal names the path and what was expected")
  func message() throws {
    try scratch { path in
      do {
        try HostPath.prepare(HostPathVolume(path: path + "/file", type: .directory))
        Issue.record("a file passed for a directory")
      } catch let error as VolumeError {
        #expect(error.description == "hostPath type check failed: \(path)/file is not a directory")
      }
    }
  }
}
