import ArchiveTestKit
import Glibc
import Linux
import UnpackPlan

/// One run of the real child: a scratch directory with the target in it and canaries around it.
final class Unpacking {
  let scratch: Scratch
  /// What the child said; nil if it died without a word.
  private(set) var message: UnpackMessage?
  private(set) var status: Linux.ExitStatus?
  private let before: [String]

  var target: String { scratch.path + "/target" }

  init() throws {
    let scratch = try Scratch()
    self.scratch = scratch
    try makeDirectory(AT_FDCWD, scratch.path + "/target")
    try makeDirectory(AT_FDCWD, scratch.path + "/etc", mode: 0o755)
    _ = try scratch.file("canary", Array("canary".utf8))
    _ = try scratch.file("etc/passwd", Array("outside".utf8))
    // There before the snapshot: making it later would change the directory that it lies in.
    _ = try scratch.file("archive", [])
    try check("chmod") { chmod(scratch.path + "/canary", 0o400) }
    before = try describeTree(scratch.path, withIdentity: true, except: ["/target", "/archive"])
  }

  /// Unpacks bytes and waits for the child.
  @discardableResult
  static func of(_ archive: [UInt8], _ change: (inout UnpackLimits) -> Void = { _ in }) throws -> Unpacking {
    let unpacking = try Unpacking()
    try unpacking.run(archive, change)
    return unpacking
  }

  static func of(_ build: (inout TarWriter) -> Void) throws -> Unpacking {
    var tar = TarWriter()
    build(&tar)
    return try of(tar.finished)
  }

  func run(_ archive: [UInt8], _ change: (inout UnpackLimits) -> Void) throws {
    var limits = UnpackLimits.standard
    change(&limits)
    let file = try openAt(AT_FDCWD, scratch.file("archive", archive), O_RDONLY)
    try run(descriptor: file.raw, limits)
  }

  func run(descriptor: Int32, _ limits: UnpackLimits, purpose: [String] = []) throws {
    let (pid, report) = try start(descriptor: descriptor, limits, purpose)
    let bytes = try readAll(report.raw, limit: UnpackReport.limit)
    let pidfd = try PidFD.open(pid)
    guard try PidFD.waitForEnd(pidfd.raw, milliseconds: 60_000) else { throw SyscallError("waiting", ETIMEDOUT) }
    status = try PidFD.reap(pidfd.raw)
    try said(bytes)
  }

  func said(_ bytes: [UInt8]) throws {
    if !bytes.isEmpty { message = try UnpackMessage(parsing: bytes) }
  }

  func start(
    descriptor: Int32,
    _ limits: UnpackLimits,
    _ purpose: [String] = []
  ) throws -> (pid: Int32, report: SharedFD) {
    let directory = try openDirectory(AT_FDCWD, target)
    let pipe = try Pipe()
    let pid = try spawnProgram(
      builtProgram("swiftlet-unpack"),
      arguments: ["swiftlet-unpack", String(decoding: limits.serialized, as: UTF8.self), "\(getpid())"] + purpose,
      descriptors: [descriptor, -1, -1, directory.raw, pipe.writer.raw]
    )
    return (pid, SharedFD(pipe.reader))
  }

  var report: UnpackReport? {
    if case .done(let report) = message { report } else { nil }
  }

  var failure: UnpackFailure? {
    if case .failed(let failure) = message { failure } else { nil }
  }

  /// Whether nothing outside the target was touched in any way.
  func outsideIsUntouched() throws -> Bool {
    try describeTree(scratch.path, withIdentity: true, except: ["/target", "/archive"]) == before
  }

  func status(_ name: String) -> stat? {
    var status = stat()
    return lstat("\(target)/\(name)", &status) == 0 ? status : nil
  }

  func isLink(_ name: String) -> Bool { status(name).map { $0.st_mode & S_IFMT } == S_IFLNK }

  /// The content of a file, links followed by hand inside the target.
  func content(_ name: String) throws -> String? {
    let root = try openDirectory(AT_FDCWD, target)
    do throws(SyscallError) {
      let file = try openInRoot(root.raw, name, O_RDONLY)
      return String(decoding: try readAll(file.raw, limit: 1 << 20), as: UTF8.self)
    } catch {
      return nil
    }
  }

  /// The file behind a name, links followed inside the target: device and inode.
  func identity(_ name: String) throws -> [UInt64]? {
    let root = try openDirectory(AT_FDCWD, target)
    do throws(SyscallError) {
      let file = try openInRoot(root.raw, name, openPathOnly)
      let raw = file.raw
      var status = stat()
      try check("fstat") { fstat(raw, &status) }
      return [UInt64(status.st_dev), UInt64(status.st_ino)]
    } catch {
      return nil
    }
  }
}

let isRoot = geteuid() == 0
