import Glibc
import LaunchPlan
import Linux

extension SupervisedProcess {
  /// A command line of an OCI runtime that is running.
  struct Command: ~Copyable {
    enum Kind { case create, start, delete }

    let kind: Kind
    let pid: Int32
    let process: OwnedFD
  }
}

/// Command lines of an OCI runtime (`runc(8)`), with a literal environment: nothing of the image reaches a program that
/// runs on the host (CVE-2025-23266).
enum ExternalCommand {
  private static let environment = ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"]

  /// Starts one; its standard streams are those given, or `/dev/null`.
  static func spawn(
    _ kind: SupervisedProcess.Command.Kind,
    _ arguments: [String],
    streams: [Int32]
  ) throws(StepFailure) -> SupervisedProcess.Command {
    guard let program = arguments.first, program.hasPrefix("/") else {
      throw StepFailure(step: "run a command", errno: EINVAL, detail: "an absolute path was expected")
    }
    // The supervisor's own would make directories of the container that its user cannot enter.
    let own = umask(0o022)
    defer { umask(own) }
    return try step("run a command", program) { () throws(SyscallError) in
      let pid = try spawnProgram(
        program,
        arguments: arguments,
        environment: environment,
        descriptors: streams.isEmpty ? [-1, -1, -1] : streams
      )
      return SupervisedProcess.Command(kind: kind, pid: pid, process: try PidFD.open(pid))
    }
  }
}
