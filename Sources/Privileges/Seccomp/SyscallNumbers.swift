import CSeccomp

/// Numbers of system calls: libseccomp's where it knows the name, else the table below, because the library of a
/// stable distribution is older than the names in today's profiles (Debian 12's lacks nine of the default one).
enum SyscallNumbers {
  /// From 424 on a new call has the same number everywhere (`scripts/syscall.tbl` of Linux).
  private static let commonFirst: UInt32 = 424
  private static let common = RuntimeDefault.words(
    """
    pidfd_send_signal io_uring_setup io_uring_enter io_uring_register open_tree move_mount fsopen fsconfig fsmount
    fspick pidfd_open clone3 close_range openat2 pidfd_getfd faccessat2 process_madvise epoll_pwait2 mount_setattr
    quotactl_fd landlock_create_ruleset landlock_add_rule landlock_restrict_self memfd_secret process_mrelease
    futex_waitv set_mempolicy_home_node cachestat fchmodat2 map_shadow_stack futex_wake futex_wait futex_requeue
    statmount listmount lsm_get_self_attr lsm_set_self_attr lsm_list_modules mseal setxattrat getxattrat listxattrat
    removexattrat open_tree_attr file_getattr file_setattr listns rseq_slice_yield
    """
  )
  private static let commonNumbers: [String: UInt32] = Dictionary(
    uniqueKeysWithValues: common.enumerated().map { ($0.element, commonFirst + UInt32($0.offset)) }
  )

  /// Calls that only some machines have; an empty entry is a name of machines that this program does not run on.
  private static let special: [String: [SeccompArchitecture: UInt32]] = [
    "memfd_secret": [.amd64: 447, .x86: 447, .x32: 447, .arm64: 447],
    "map_shadow_stack": [.amd64: 453, .x86: 453, .arm64: 453, .arm: 453],
    "uretprobe": [.amd64: 335],
    "uprobe": [.amd64: 336],
    "riscv_hwprobe": [:],
    "riscv_flush_icache": [:],
  ]

  /// Calls that i386 has twice: behind `socketcall` or `ipc`, and since 4.3 and 5.1 directly (`syscall_32.tbl`). The
  /// library shows a placeholder for both.
  private static let direct: [String: UInt32] = [
    "socket": 359, "socketpair": 360, "bind": 361, "connect": 362, "listen": 363, "accept4": 364, "getsockopt": 365,
    "setsockopt": 366, "getsockname": 367, "getpeername": 368, "sendto": 369, "sendmsg": 370, "recvfrom": 371,
    "recvmsg": 372, "shutdown": 373, "recvmmsg": 337, "sendmmsg": 345, "semget": 393, "semctl": 394, "shmget": 395,
    "shmctl": 396, "shmat": 397, "shmdt": 398, "msgget": 399, "msgsnd": 400, "msgrcv": 401, "msgctl": 402,
  ]

  /// How i386 also makes a call: the number of `socketcall` or `ipc`, and the first argument that selects the call
  /// (`<linux/net.h>`, `<linux/ipc.h>`); `nil` for calls that it only makes directly.
  static func multiplexer(of name: String) -> (number: UInt32, selector: UInt32)? {
    guard isWellFormed(name) else { return nil }
    // The library's placeholders are -100 and -200 minus the selector.
    return switch seccomp_syscall_resolve_name_arch(SeccompArchitecture.x86.token, name) {
    case let socket where (-120 ... -101).contains(socket): (102, UInt32(-socket - 100))
    case let ipc where (-224 ... -201).contains(ipc): (117, UInt32(-ipc - 200))
    default: nil
    }
  }

  /// Whether anyone here knows the name.
  static func isKnown(_ name: String) -> Bool {
    isWellFormed(name) && seccomp_syscall_resolve_name(name) != unknownToLibrary
      || commonNumbers[name] != nil || special[name] != nil
  }

  /// The number as the kernel reports it to a filter; `nil` when the architecture has no such call or nobody knows it.
  static func number(of name: String, on architecture: SeccompArchitecture) -> UInt32? {
    guard isWellFormed(name) else { return nil }
    let resolved = seccomp_syscall_resolve_name_arch(architecture.token, name)
    // Below -1 are the library's placeholders for calls of other architectures.
    if resolved >= 0 { return UInt32(resolved) }
    if resolved != unknownToLibrary { return architecture == .x86 ? direct[name] : nil }
    let number = special[name].map { $0[architecture] } ?? commonNumbers[name]
    return number.map { $0 | architecture.numberBit }
  }

  /// A name goes to C, where a NUL would cut it: `read\0…` must not become `read`.
  private static func isWellFormed(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= 64
      && name.utf8.allSatisfy { (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5f }
  }
}

/// `__NR_SCMP_ERROR`: no machine has such a call.
private let unknownToLibrary: Int32 = -1
