import CLinux
import Glibc
import LaunchPlan
import Linux

/// Makes the namespaces that the containers of one pod share. The supervisor itself lives in them.
enum SandboxSetup {
  /// Runs every step, or throws the name of the one that failed; the process is of no more use then.
  ///
  /// - Parameter network: A descriptor of the network namespace that was made ahead, if the plan has one.
  /// - Returns: What was needed for it. To close it takes an RCU grace period, for which somebody need not wait.
  static func run(_ plan: SandboxPlan, network: Int32?) throws(StepFailure) -> [SharedFD] {
    // What the agent was restricted to must not be inherited by containers.
    try step("reset the processor affinity") { () throws(SyscallError) in
      try check("sched_setaffinity") { lx_reset_affinity() }
    }
    // The kernel took the name of a descriptor's link.
    try step("set the process name") { () throws(SyscallError) in
      try check("prctl") { lx_set_name("swiftlet-shim") }
    }
    umask(0o077)
    try step("clear dumpable") { () throws(SyscallError) in
      try check("prctl") { lx_prctl(Int32(LX_PR_SET_DUMPABLE), 0, 0, 0, 0) }
    }
    if let network {
      try step("join the network namespace") { () throws(SyscallError) in
        try check("setns") { lx_setns(network, Int32(LX_CLONE_NEWNET)) }
      }
    }
    try makeNamespaces(plan)
    let unneeded = plan.sysctls.isEmpty ? [] : [try write(plan.sysctls)]
    if plan.sharedMemoryBytes > 0 { try makeSharedMemory(plan) }
    if plan.unifiedCgroupView { try showUnifiedCgroups() }
    if plan.sharedPIDs {
      try step("start the reaper") { () throws(SyscallError) in
        if try check("clone3", { lx_clone3(LX_CLONE_CLEAR_SIGHAND, nil, -1, UInt64(SIGCHLD)) }) == 0 { Reaper.run() }
      }
    }
    return unneeded
  }

  private static func makeNamespaces(_ plan: SandboxPlan) throws(StepFailure) {
    var flags = Int(LX_CLONE_NEWNS)
    if plan.newNetwork && !plan.networkIsGiven { flags |= Int(LX_CLONE_NEWNET) }
    if plan.newIPC { flags |= Int(LX_CLONE_NEWIPC) }
    if !plan.hostname.isEmpty { flags |= Int(LX_CLONE_NEWUTS) }
    if plan.sharedPIDs { flags |= Int(LX_CLONE_NEWPID) }
    try step("make namespaces") { () throws(SyscallError) in try check("unshare") { lx_unshare(Int32(flags)) } }
    // What is mounted here stays here; what the host mounts or unmounts arrives.
    try step("make mounts slaves", "/") { () throws(SyscallError) in
      try setMountAttributes(AT_FDCWD, "/", propagation: .slave, recursive: true)
    }
    if !plan.hostname.isEmpty {
      try step("set the host name", plan.hostname) { () throws(SyscallError) in
        try check("sethostname") { lx_sethostname(plan.hostname, plan.hostname.utf8.count) }
      }
    }
    if plan.newNetwork {
      try step("bring up lo") { () throws(SyscallError) in try check("ioctl(SIOCSIFFLAGS)") { lx_loopback_up() } }
    }
  }

  /// Through a procfs of our own that is mounted nowhere, so that nothing can have been put in the way
  /// (CVE-2025-52881). Namespaced parameters follow the namespaces of the one who opens them.
  private static func write(_ sysctls: [Sysctl]) throws(StepFailure) -> SharedFD {
    let proc = try step("make a private procfs") { () throws(SyscallError) in
      try makeDetachedFilesystem("proc", [], [.noSetuid, .noDevices, .noExecute])
    }
    for sysctl in sysctls {
      try step("set a kernel parameter", sysctl.path) { () throws(SyscallError) in
        let file = try openOnMount(proc.raw, "sys/" + sysctl.path, O_WRONLY)
        try writeAll(file.raw, Array(sysctl.value.utf8))
      }
    }
    return SharedFD(proc)
  }

  private static func makeSharedMemory(_ plan: SandboxPlan) throws(StepFailure) {
    try step("make shared memory", plan.sharedMemoryPath) { () throws(SyscallError) in
      let memory = try makeDetachedFilesystem(
        "tmpfs",
        [FilesystemOption("mode", "1777"), FilesystemOption("size", String(plan.sharedMemoryBytes))],
        [.noSetuid, .noDevices, .noExecute]
      )
      let target = try openAt(AT_FDCWD, plan.sharedMemoryPath, openPathOnly | O_DIRECTORY | O_NOFOLLOW)
      try attachMount(memory.raw, to: target.raw)
    }
  }

  private static func showUnifiedCgroups() throws(StepFailure) {
    try step("show the unified cgroup hierarchy", "/sys/fs/cgroup") { () throws(SyscallError) in
      // A copy of the mount that is there: a fresh one would set the whole machine's options anew, and without nsdelegate
      // and memory_recursiveprot (cgroups(7); the kernel applies them to the hierarchy, not to the mount).
      guard let mounted = try MountEntry.ofThisProcess().last(where: { $0.type == "cgroup2" && $0.root == "/" }) else {
        throw SyscallError("no unified cgroup hierarchy is mounted", ENODEV)
      }
      let unified = try cloneMount(AT_FDCWD, mounted.mountPoint, recursive: false)
      try check("move_mount") { lx_move_mount(unified.raw, AT_FDCWD, "/sys/fs/cgroup") }
    }
  }
}
