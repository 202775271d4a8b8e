import ArchiveTestKit
import Glibc
import Linux
import Testing

@testable import Images

/// A process of its own that pulls an image and waits to be looked at.
struct PullingProcess: ~Copyable {
  let pid: Int32
  private let input: OwnedFD
  private let output: OwnedFD

  init(store: String, name: String, credentials: String? = nil) throws {
    let input = try Pipe()
    let output = try Pipe()
    pid = try spawnProgram(
      builtProgram("pull-child"),
      arguments: ["pull-child", "registry", store, name, builtProgram("swiftlet-unpack")]
        + [credentials].compactMap { $0 },
      descriptors: [input.reader.raw, output.writer.raw, 2]
    )
    self.input = input.writer
    self.output = output.reader
  }

  /// What it says when it is done, and the most memory that it had until then, in KiB.
  consuming func finish() throws -> (line: String, kilobytes: Int) {
    var text: [UInt8] = []
    while text.last != UInt8(ascii: "\n") {
      let more = try readSome(output.raw, capacity: 4096)
      if more.isEmpty { break }
      text += more
    }
    let status = try readKernelFile(AT_FDCWD, "/proc/\(pid)/status")
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
    let pid = pid
    end()
    var code: Int32 = 0
    waitpid(pid, &code, 0)
    #expect(Linux.ExitStatus(waitStatus: code) == .exited(0))
    return (
      String(decoding: text.dropLast(), as: UTF8.self),
      line.split { !$0.isNumber }.first.flatMap { Int($0) } ?? .max
    )
  }

  /// Kills it.
  consuming func kill() {
    Glibc.kill(pid, SIGKILL)
    waitpid(pid, nil, 0)
  }

  /// The end of its input is the end of it.
  private consuming func end() {}
}

/// A store of a test's own, looked at from outside.
struct ObservedStore {
  let scratch: Scratch
  var path: String { scratch.path + "/images" }

  init() throws { scratch = try Scratch() }

  /// What is in it besides empty directories and locks, which are there as soon as there is a store.
  func content() throws -> [String] {
    guard access(path, F_OK) == 0 else { return [] }
    let directories = [
      "/", "/blobs", "/blobs/sha256", "/layers", "/records", "/implied", "/names", "/leases", "/locks", "/partial",
      "/tmp",
    ]
    return try describeTree(path).map { String($0.prefix { $0 != " " }) }
      .filter { !directories.contains($0) && $0 != "/lock" && !$0.hasPrefix("/locks/") }.sorted()
  }

  /// What is kept of a blob that did not come whole.
  func partial(_ digest: ContentDigest) throws -> [UInt8] {
    let file = "\(path)/partial/\(digest.hex)"
    guard access(file, F_OK) == 0 else { return [] }
    return try readRegularFile(AT_FDCWD, file, limit: 64 << 20)
  }
}
