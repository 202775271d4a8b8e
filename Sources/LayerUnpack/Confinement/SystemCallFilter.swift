import CLinux
import CSeccomp
import Glibc
import Linux

/// An allow list of system calls (`seccomp(2)`): whatever else is tried ends the process at once.
///
/// No new program, no thread, no socket, no signal to others, no mapping that can be executed, no ioctl, no /proc.
enum SystemCallFilter {
  /// What reading, writing and making files takes, and memory.
  private static let allowed = [
    "read", "readv", "pread64", "write", "writev", "pwrite64", "lseek", "close", "fcntl",
    "fstat", "newfstatat", "statx", "getdents64", "fchdir", "ftruncate",
    "openat", "openat2", "mkdirat", "mknodat", "linkat", "symlinkat", "readlinkat", "unlinkat", "renameat", "renameat2",
    "fchown", "fchownat", "fchmod", "fchmodat", "utimensat", "fsetxattr", "lsetxattr",
    "brk", "munmap", "mremap", "madvise",
    "exit", "exit_group", "rt_sigreturn", "rt_sigprocmask", "futex", "getrandom",
    "clock_gettime", "gettimeofday", "getpid", "gettid",
  ]
  /// Calls of some architectures, or of newer libraries, only.
  private static let optional = ["stat", "lstat", "fcntl64", "fstatat64", "fchmodat2", "time"]
  private static let allow: UInt32 = 0x7fff_0000
  private static let killProcess: UInt32 = 0x8000_0000

  static func install() throws(SyscallError) {
    let filter = try make()
    defer { seccomp_release(filter) }
    let code = seccomp_load(filter)
    if code < 0 { throw SyscallError("seccomp_load", -code) }
  }

  /// The filter, for the caller to release.
  static func make() throws(SyscallError) -> scmp_filter_ctx {
    guard let filter = seccomp_init(killProcess) else { throw SyscallError("seccomp_init", ENOMEM) }
    do throws(SyscallError) { try addRules(filter) } catch {
      seccomp_release(filter)
      throw error
    }
    return filter
  }

  private static func addRules(_ filter: scmp_filter_ctx) throws(SyscallError) {
    for name in allowed { try add(filter, name) }
    for name in optional { try add(filter, name, required: false) }
    // PROT_EXEC is 4.
    let notExecutable = scmp_arg_cmp(arg: 2, op: SCMP_CMP_MASKED_EQ, datum_a: 4, datum_b: 0)
    try add(filter, "mmap", [notExecutable])
    try add(filter, "mprotect", [notExecutable])
    // abort(3) signals the process itself.
    try add(filter, "tgkill", [scmp_arg_cmp(arg: 0, op: SCMP_CMP_EQ, datum_a: UInt64(getpid()), datum_b: 0)])
  }

  private static func add(
    _ filter: scmp_filter_ctx,
    _ name: String,
    _ arguments: [scmp_arg_cmp] = [],
    required: Bool = true
  ) throws(SyscallError) {
    let number = seccomp_syscall_resolve_name(name)
    // __NR_SCMP_ERROR: the library is older than the call, which the C library then does not use either.
    if number == -1 {
      if required { throw SyscallError("seccomp: unknown call \(name)", EINVAL) }
      return
    }
    let code = seccomp_rule_add_array(filter, allow, number, UInt32(arguments.count), arguments)
    // A negative pseudo number is a call that this architecture does not have (EDOM).
    if code < 0, number >= 0 || required && code != -EDOM { throw SyscallError("seccomp_rule_add \(name)", -code) }
  }
}
