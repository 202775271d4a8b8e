import Glibc
import Linux
import RuntimeAPI
import StateStore

/// An OCI runtime's program and what is said to it.
struct CommandLines: Sendable {
  /// Where runtimes keep their state, below the pod's directory: it goes with the pod.
  static let stateFolder = "oci-state"
  private static let searched = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]

  /// Absolute path.
  let program: String
  /// What it says of itself, the first line.
  let version: String

  /// Finds the program and asks for its version.
  init(binary: String) throws(RuntimeError) {
    let candidates = binary.hasPrefix("/") ? [binary] : Self.searched.map { "\($0)/\(binary)" }
    guard !binary.isEmpty, binary.hasPrefix("/") || !binary.contains("/"),
      let program = candidates.first(where: { access($0, X_OK) == 0 })
    else { throw .notFound("the OCI runtime \(binary) in \(Self.searched.joined(separator: ":"))") }
    self.program = program
    do throws(SyscallError) { version = try Self.version(of: program) } catch {
      throw .failed(step: "ask \(program) for its version", errno: error.errno, detail: error.call)
    }
  }

  private static func version(of program: String) throws(SyscallError) -> String {
    let output = try Pipe()
    let pid = try spawnProgram(
      program,
      arguments: [program, "--version"],
      descriptors: [-1, output.writer.raw, -1]
    )
    let process = try PidFD.open(pid)
    // A program that is no OCI runtime may wait for ever.
    guard try PidFD.waitForEnd(process.raw, milliseconds: 5000) else {
      try PidFD.signal(process.raw, SIGKILL)
      _ = try PidFD.waitForEnd(process.raw, milliseconds: 1000)
      _ = try PidFD.reap(process.raw)
      throw SyscallError("--version", ETIMEDOUT)
    }
    guard try PidFD.reap(process.raw) == .exited(0) else { throw SyscallError("--version", EPROTO) }
    try setNonBlocking(output.reader.raw)
    let text = String(decoding: try readSome(output.reader.raw, capacity: 4096), as: UTF8.self)
    guard let line = text.split(separator: "\n").first else { throw SyscallError("--version", EPROTO) }
    return String(line)
  }

  /// The three commands of a container's life (`runc-create(8)`, `runc-start(8)`, `runc-delete(8)`).
  func lines(
    _ container: String,
    bundle: Bundle,
    directory: PodDirectory
  ) -> (create: [String], start: [String], delete: [String]) {
    var common = [program]
    // systemd is not asked: the cgroup is ours.
    if version.hasPrefix("crun ") { common.append("--cgroup-manager=cgroupfs") }
    common += ["--root", "\(directory.path)/\(Self.stateFolder)", "--log", bundle.log, "--log-format", "json"]
    return (
      common + ["create", "--bundle", bundle.path, "--pid-file", "\(bundle.path)/\(Bundle.pidName)", container],
      common + ["start", container], common + ["delete", "--force", container]
    )
  }
}
