import CHostProbe
import CLinux
import Cgroups
import Glibc
import Linux

/// Questions about system calls.
struct KernelProbes {
  let modules: ModuleTable
  /// Whether we are root of the machine with CAP_SYS_ADMIN.
  let mayAdminister: Bool
  /// The same with CAP_NET_ADMIN.
  let mayConfigureNetwork: Bool

  /// Asks everything except what needs a process of ours that has ended.
  func all() -> [KernelProbe: Finding] {
    var findings = MountProbes(modules: modules, isEntitled: mayAdminister).all()
    findings[.namespaces] = namespaces()
    findings[.cloneIntoCgroup] = cloneIntoCgroup()
    findings[.pidfd] = pidfd()
    findings[.openat2] = attempt { () throws(SyscallError) in _ = try openInRoot(AT_FDCWD, ".", openPathOnly) }
    // The last number there is: nothing is open there.
    findings[.closeRange] = attempt { () throws(SyscallError) in
      try check("close_range") { lx_close_range(.max, .max, 1) }
    }
    findings[.sealedMemory] = sealedMemory()
    findings[.seccomp] = seccomp()
    findings[.keyrings] = attempt { () throws(SyscallError) in try check("keyctl") { hp_keyrings() } }
    findings[.deviceProgram] = deviceProgram()
    findings[.packetSockets] = attempt { () throws(SyscallError) in
      _ = OwnedFD(try check("socket(AF_UNIX, SOCK_SEQPACKET)") { lx_seqpacket() })
    }
    findings[.inotify] = attempt { () throws(SyscallError) in
      _ = OwnedFD(try check("inotify_init1") { lx_inotify() })
    }
    findings[.nullDevice] = nullDevice()
    findings[.ownRoot] = ownRoot()
    findings[.pressure] = attempt { () throws(SyscallError) in
      _ = try readKernelFile(AT_FDCWD, "/proc/pressure/memory")
    }
    findings[.userNamespaces] = namespace("user", "user")
    findings[.bridge] = modules.probe("bridge") { linkKind("bridge") }
    findings[.veth] = modules.probe("veth") { linkKind("veth") }
    findings[.nftables] = modules.probe("nf_tables") {
      attempt(isEntitled: mayConfigureNetwork) { () throws(SyscallError) in
        try check("nf_tables") { hp_nf_tables() }
      }
    }
    findings[.networkSettings] = networkSettings()
    return findings
  }

  /// access(2) says EROFS where whoever started us has made them read-only.
  private func networkSettings() -> Finding {
    let path = "/proc/sys/net/ipv4/conf/all/forwarding"
    return access(path, W_OK) == 0 ? .works() : .fails("\(path): \(errorText(errno))")
  }

  private func namespaces() -> Finding {
    for (file, limit) in [
      ("net", "net"), ("ipc", "ipc"), ("uts", "uts"), ("pid", "pid"), ("mnt", "mnt"), ("cgroup", "cgroup"),
    ] {
      let finding = namespace(file, limit)
      if !finding.works { return finding }
    }
    return .works()
  }

  /// namespaces(7): the kernel has a kind if it has the file; the limit is of user namespaces, ours included.
  private func namespace(_ file: String, _ limit: String) -> Finding {
    if access("/proc/self/ns/\(file)", F_OK) != 0 { return .fails("no \(file) namespaces in this kernel") }
    let path = "/proc/sys/user/max_\(limit)_namespaces"
    if kernelNumber(path) == 0 { return .fails("\(path) is 0") }
    return .works()
  }

  /// CLONE_NEWNS together with CLONE_FS is refused by every kernel, so that no process can come of this. One that does not
  /// know the member `cgroup` says E2BIG because it is not zero.
  private func cloneIntoCgroup() -> Finding {
    let contradiction = UInt64(LX_CLONE_NEWNS) | 0x200
    return expectRefusal("clone3", EINVAL) {
      let result = lx_clone3(contradiction, nil, .max, UInt64(SIGCHLD))
      // A child that cannot be: it must not run on as a second one of us.
      if result == 0 { lx_exit(0) }
      return result
    }
  }

  /// waitid(P_PIDFD) on ourselves, who are no child of ours.
  private func pidfd() -> Finding {
    do throws(SyscallError) {
      let own = try PidFD.open(getpid())
      let raw = own.raw
      var kind: Int32 = 0
      var code: Int32 = 0
      return expectRefusal("waitid(P_PIDFD)", ECHILD) { lx_wait_pidfd(raw, &kind, &code) }
    } catch {
      return .fails(error.description)
    }
  }

  private func sealedMemory() -> Finding {
    attempt { () throws(SyscallError) in
      let memory = OwnedFD(try check("memfd_create") { lx_memfd("swiftlet-check", 1) })
      let raw = memory.raw
      try check("fcntl(F_ADD_SEALS)") { lx_seal(raw) }
      if try check("fcntl(F_GET_SEALS)", { lx_is_sealed(raw) }) == 0 { throw SyscallError("fcntl(F_GET_SEALS)", EPERM) }
    }
  }

  /// The actions that filters of ours use: SECCOMP_RET_ERRNO and SECCOMP_RET_KILL_PROCESS.
  private func seccomp() -> Finding {
    attempt { () throws(SyscallError) in
      for action: UInt32 in [0x0005_0000, 0x8000_0000] {
        try check("seccomp(SECCOMP_GET_ACTION_AVAIL)") { hp_seccomp_action(action) }
      }
    }
  }

  /// Loads the program that denies everything, attached to nothing: it goes with its descriptor.
  private func deviceProgram() -> Finding {
    let program = DeviceProgram([]).instructions
    return attempt(isEntitled: mayAdminister) { () throws(SyscallError) in
      _ = OwnedFD(
        try check("bpf(BPF_PROG_LOAD)") { lx_bpf_load_device_program(program, UInt32(program.count), nil, 0) }
      )
    }
  }

  private func nullDevice() -> Finding {
    var status = stat()
    guard lstat("/dev/null", &status) == 0 else { return .fails(errorText(errno)) }
    let isNull = status.st_mode & S_IFMT == S_IFCHR && UInt(status.st_rdev) == lx_makedev(1, 3)
    return isNull ? .works() : .fails("not character device 1:3")
  }

  private func ownRoot() -> Finding {
    do throws(SyscallError) {
      return try isInChroot() ? .fails("another one than the mount namespace has, as in a chroot") : .works()
    } catch {
      return mayAdminister ? .fails(error.description) : .unknown("not to be tried without privileges: \(error)")
    }
  }

  private func linkKind(_ kind: String) -> Finding {
    attempt(isEntitled: mayConfigureNetwork) { () throws(SyscallError) in
      try check("rtnetlink") { hp_link_kind(kind) }
    }
  }
}
