import RuntimeAPI
import Testing

@testable import Privileges

@Suite("RuntimeDefault is the profile that Docker publishes")
struct RuntimeDefaultTests {
  static func target(_ capabilities: CapabilitySet, _ platform: SeccompPlatform = .amd64) -> SeccompTarget {
    SeccompTarget(platform: platform, capabilities: capabilities, kernel: KernelVersion(major: 6, minor: 1))
  }

  static func allowed(_ profile: SeccompProfile) -> Set<String> {
    Set(profile.syscalls.filter { $0.action == .allow && $0.args.isEmpty }.flatMap(\.names))
  }

  @Test("361 names for everyone, 426 in all")
  func counts() {
    #expect(RuntimeDefault.alwaysAllowed.count == 361)
    #expect(Set(RuntimeDefault.alwaysAllowed).count == 361)
    #expect(Set(RuntimeDefault.template.rules.flatMap(\.rule.names)).count == 426)
    #expect(RuntimeDefault.withSysAdmin.count == 26)
    // Docker's 33 groups, with seven rules for socket where Docker has three.
    #expect(RuntimeDefault.template.rules.count == 37)
  }

  @Test("Every capability in the table exists, so that no group is out of reach")
  func capabilityNames() {
    for entry in RuntimeDefault.withCapability {
      #expect(CapabilitySet.number(ofName: entry.capability) != nil, "\(entry.capability)")
    }
  }

  @Test(
    "A capability adds its calls and nothing else",
    arguments: [
      ("SYS_CHROOT", ["chroot"]), ("SYS_BOOT", ["reboot"]), ("DAC_READ_SEARCH", ["open_by_handle_at"]),
      ("SYS_TIME", ["clock_settime", "clock_settime64", "settimeofday", "stime"]), ("BPF", ["bpf"]),
      ("SYS_MODULE", ["delete_module", "finit_module", "init_module"]), ("SYS_TTY_CONFIG", ["vhangup"]),
      ("SYS_NICE", ["get_mempolicy", "mbind", "set_mempolicy", "set_mempolicy_home_node"]),
      ("SYS_PTRACE", ["kcmp", "pidfd_getfd", "process_madvise"]), ("PERFMON", ["perf_event_open"]),
      ("SYS_RAWIO", ["ioperm", "iopl"]), ("SYS_PACCT", ["acct"]), ("SYSLOG", ["syslog"]), ("NET_ADMIN", []),
    ]
  )
  func capability(name: String, calls: [String]) throws {
    let with = try CapabilitySet(names: [name], field: "f")
    let more = Self.allowed(RuntimeDefault.profile(for: Self.target(with)))
      .subtracting(Self.allowed(RuntimeDefault.profile(for: Self.target([]))))
    #expect(more.sorted() == calls)
  }

  @Test("No capability allows these")
  func neverAllowed() {
    let profile = RuntimeDefault.profile(for: Self.target(.upTo(63)))
    let named = Set(profile.syscalls.flatMap(\.names))
    let never = RuntimeDefault.words(
      """
      io_uring_setup io_uring_enter io_uring_register keyctl add_key request_key userfaultfd kexec_load
      kexec_file_load pivot_root swapon swapoff nfsservctl uselib ustat sysfs _sysctl create_module get_kernel_syms
      query_module move_pages migrate_pages vm86 vm86old
      """
    )
    #expect(never.filter(named.contains).isEmpty)
  }

  @Test("clone and clone3 depend on CAP_SYS_ADMIN")
  func clone() {
    let plain = RuntimeDefault.profile(for: Self.target(.containerDefault))
    #expect(plain.syscalls.filter { $0.names == ["clone"] }.map(\.args.first?.value) == [0x7e02_0000])
    #expect(plain.syscalls.filter { $0.names == ["clone3"] }.map(\.errnoRet) == [38])
    let admin = RuntimeDefault.profile(for: Self.target(.sysAdmin))
    #expect(Self.allowed(admin).isSuperset(of: ["clone", "clone3", "unshare", "mount"]))
    #expect(admin.syscalls.filter { $0.names.contains("clone3") }.count == 1)
  }

  @Test("Machine and kernel select their groups")
  func conditions() {
    let arm = RuntimeDefault.profile(for: Self.target([], .arm64))
    #expect(Self.allowed(arm).contains("set_tls") && !Self.allowed(arm).contains("arch_prctl"))
    #expect(arm.architectures == ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"])
    let intel = RuntimeDefault.profile(for: Self.target([]))
    #expect(Self.allowed(intel).isSuperset(of: ["arch_prctl", "modify_ldt"]))
    #expect(!Self.allowed(intel).contains("set_tls"))
    var old = Self.target([])
    #expect(Self.allowed(RuntimeDefault.profile(for: old)).contains("ptrace"))
    old.kernel = KernelVersion(major: 4, minor: 7)
    #expect(!Self.allowed(RuntimeDefault.profile(for: old)).contains("ptrace"))
  }

  @Test("Nothing in it is unknown, and it fits many times over", arguments: SeccompPlatform.allCases)
  func compiles(platform: SeccompPlatform) throws {
    let filter = try FilterCompiler.compile(
      RuntimeDefault.profile(for: Self.target(.containerDefault, platform)),
      for: platform
    )
    #expect(filter.notes.isEmpty)
    #expect(filter.flags == 0)
    #expect(filter.digest.utf8.count == 64)
    #expect((150...500).contains(filter.instructionCount))
  }

  @Test(
    "Kernel versions",
    arguments: [
      ("6.18.44-fc-v595", KernelVersion(major: 6, minor: 18)),
      ("6.1.0-42-cloud-amd64", KernelVersion(major: 6, minor: 1)),
      ("4.8", KernelVersion(major: 4, minor: 8)), ("5.15-rc1", KernelVersion(major: 5, minor: 15)),
      ("6", nil), ("", nil), ("a.b", nil), (".", nil), ("6.", nil), ("-1.2", nil),
    ]
  )
  func versions(text: String, expected: KernelVersion?) {
    #expect(KernelVersion(text) == expected)
  }

  @Test("The running kernel has a version")
  func running() throws {
    #expect(try KernelVersion.running() >= KernelVersion(major: 5, minor: 0))
  }
}
