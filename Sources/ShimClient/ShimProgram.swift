import Glibc
import LaunchPlan
import Linux

/// The supervisor's program, sealed in memory once for all pods.
public final class ShimProgram: Sendable {
  private let memory: SharedFD

  /// Reads the program at a path.
  public init(path: String) throws(SyscallError) {
    memory = SharedFD(try sealProgram(at: path))
  }

  /// The path of `swiftlet-shim` beside the program that is running.
  public static func defaultPath() throws(SyscallError) -> String {
    let path = try readLink(AT_FDCWD, "/proc/self/exe")
    guard let slash = path.lastIndex(of: "/") else { throw SyscallError("readlink", ENOENT) }
    return path[...slash] + "swiftlet-shim"
  }

  /// Starts one in a cgroup with a listening socket and connects to it, as a later agent would.
  public func start(podDirectory: Int32, socketName: String, cgroup: borrowing OwnedFD) throws(SyscallError)
    -> StartedShim
  {
    // What a supervisor that died here left behind.
    unlinkat(podDirectory, socketName, 0)
    let listener = try PacketSocket.listen(in: podDirectory, named: socketName)
    // Connected before it runs: if this process dies now, the supervisor finds a connection that has ended, and ends.
    let socket = try PacketSocket.connect(in: podDirectory, named: socketName)
    let program = try spawnProgram(
      sealed: memory.raw,
      arguments: ["swiftlet-shim"],
      descriptors: [-1, -1, -1, listener.raw],
      cgroup: cgroup
    )
    return StartedShim(pid: program.pid, process: program.process, socket: socket)
  }
}

/// A supervisor that was just started.
@frozen
public struct StartedShim: ~Copyable, Sendable {
  /// Its process id.
  public let pid: Int32
  /// Its pidfd; it is this process's child.
  public let process: OwnedFD
  /// A connection to it.
  public let socket: OwnedFD
}
