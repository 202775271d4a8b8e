import Cgroups
import Glibc
import Linux

/// Under systemd a program may make cgroups only in a unit that was delegated to it: a foreground run gets a scope of
/// its own (systemd.scope(5)), and this program is started again inside it with the same process id and streams.
enum SystemdScope {
  private static let marker = "SWIFTLET_SCOPE"
  private static let program = "/usr/bin/systemd-run"

  /// Returns where no scope is needed or this process is in one; otherwise it does not return.
  ///
  /// - Throws: When systemd's program cannot be executed.
  static func enter() throws(SyscallError) {
    if !CgroupHierarchy.isUnderSystemd || getenv(marker) != nil { return }
    let words =
      [program, "--scope", "--quiet", "--collect", "--property=Delegate=yes", "--", try OwnProgram.path()]
      + CommandLine.arguments.dropFirst()
    setenv(marker, "1", 1)
    var arguments = words.map { strdup($0) } + [nil]
    execv(program, &arguments)
    let code = errno
    for argument in arguments { free(argument) }
    throw SyscallError("execute \(program), which a run under systemd needs", code)
  }
}
