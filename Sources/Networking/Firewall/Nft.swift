import CLinux
import Glibc
import Linux

/// nftables through its program, one process per transaction (`nft(8)`).
///
/// Its library would save a process, and is GPL-2.0-only. A transaction costs about 2 ms; one that deletes something 16 ms
/// more, since the kernel waits for every processor (RCU): none of those is on the way of a pod.
public struct Nft: Sendable {
  private static let folders = ["/usr/sbin", "/sbin", "/usr/local/sbin", "/usr/bin", "/bin"]
  /// Milliseconds that a transaction may take: a kernel that is busy with other rules makes it wait.
  private static let patience: Int32 = 30_000
  private static let longestOutput = 8 << 20

  /// Where the program is.
  public let path: String

  /// Finds it. Throws ``NetworkError/firewallMissing(lookedIn:)``.
  public static func find() throws(NetworkError) -> Nft {
    for folder in folders where access(folder + "/nft", X_OK) == 0 { return Nft(path: folder + "/nft") }
    throw .firewallMissing(lookedIn: folders)
  }

  /// Names it.
  public init(path: String) { self.path = path }

  /// Carries out a document of commands as one transaction: all of it happens, or none.
  public func apply(_ document: [UInt8]) throws(NetworkError) {
    _ = try run(["-j", "-f", "-"], input: document)
  }

  /// Runs it with arguments; what it printed.
  func run(_ arguments: [String], input: [UInt8] = []) throws(NetworkError) -> [UInt8] {
    // Files in memory rather than pipes: neither side can wait for the other.
    let (stdin, stdout, stderr) = (try memory("nft-in"), try memory("nft-out"), try memory("nft-err"))
    let status = try about(path) { () throws(SyscallError) in
      try writeAll(stdin.raw, input)
      _ = lseek(stdin.raw, 0, SEEK_SET)
      let pid = try spawnProgram(
        path,
        arguments: ["nft"] + arguments,
        environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"],
        descriptors: [stdin.raw, stdout.raw, stderr.raw]
      )
      return try Self.wait(for: pid)
    }
    guard let status else { throw .firewallRefused("it did not end within \(Self.patience / 1000) s") }
    let output = try content(stdout)
    guard status == .exited(0) else {
      let errors = try content(stderr)
      let text = String(decoding: errors.isEmpty ? output.prefix(2000) : errors.prefix(2000), as: UTF8.self)
      throw .firewallRefused(text.isEmpty ? "\(status)" : text)
    }
    return output
  }

  /// `nil` for one that had to be killed.
  private static func wait(for pid: Int32) throws(SyscallError) -> ExitStatus? {
    let process = try PidFD.open(pid)
    let ended = try PidFD.waitForEnd(process.raw, milliseconds: patience)
    if !ended {
      try PidFD.signal(process.raw, SIGKILL)
      _ = try PidFD.waitForEnd(process.raw, milliseconds: -1)
    }
    let status = try PidFD.reap(process.raw)
    return ended ? status : nil
  }

  private func memory(_ name: String) throws(NetworkError) -> SharedFD {
    try about(path) { () throws(SyscallError) in
      SharedFD(OwnedFD(try check("memfd_create") { lx_memfd(name, 0) }))
    }
  }

  private func content(_ file: SharedFD) throws(NetworkError) -> [UInt8] {
    try about(path) { () throws(SyscallError) in
      _ = lseek(file.raw, 0, SEEK_SET)
      return try readAll(file.raw, limit: Self.longestOutput)
    }
  }
}
