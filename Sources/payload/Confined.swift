import CLinux
import Glibc
import Linux

/// Runs a command of this program behind a compiled filter, without a container around it: the test that a filter does
/// on a real kernel what it does on paper.
enum Confined {
  /// The filter must not be all that keeps the machine safe from system calls with null arguments: namespaces of its
  /// own, and the user nobody.
  static func enter(filter path: String) throws(SyscallError) {
    let program = try readRegularFile(AT_FDCWD, path, limit: 4096 * 8)
    let namespaces = LX_CLONE_NEWNS | LX_CLONE_NEWIPC | LX_CLONE_NEWNET | LX_CLONE_NEWUTS
    try check("unshare") { lx_unshare(Int32(namespaces)) }
    let nobody: UInt32 = 65_534
    try check("setgroups") { lx_setgroups(0, nil) }
    try check("setresgid") { lx_setresgid(nobody) }
    try check("setresuid") { lx_setresuid(nobody) }
    try check("prctl(PR_SET_NO_NEW_PRIVS)") { lx_prctl(Int32(LX_PR_SET_NO_NEW_PRIVS), 1, 0, 0, 0) }
    try check("seccomp") { lx_seccomp_set_filter(program, UInt32(program.count / 8), 0) }
  }
}
