import Privileges

@testable import HostCheck

extension HostFindings {
  /// A machine that has everything: Debian 13 with systemd, as root.
  static var complete: HostFindings {
    let known = CapabilitySet.upTo(40)
    let directory = DirectoryFindings(
      path: "/var/lib/swiftlet",
      existing: "/var/lib",
      filesystem: "ext4",
      writable: .works(),
      freeBytes: 50 << 30,
      freeFiles: 3_000_000
    )
    var run = directory
    (run.path, run.existing, run.filesystem) = ("/run/swiftlet", "/run/swiftlet", "tmpfs")
    return HostFindings(
      kernelRelease: "Linux 6.12.0 x86_64",
      kernel: Dictionary(uniqueKeysWithValues: KernelProbe.allCases.map { ($0, .works()) }),
      cgroups: CgroupFindings(
        hierarchy: .works("/sys/fs/cgroup"),
        place: .works("a scope delegated by systemd"),
        kill: .works(),
        controllers: ["cpu": .available, "memory": .available, "pids": .available, "io": .available],
        oomGroup: .works(),
        swapLimit: .works(),
        systemd: .works("/usr/bin/systemd-run")
      ),
      privileges: PrivilegeFindings(
        user: 0,
        capabilities: CapabilityHost(known: known, held: known),
        noNewPrivileges: false,
        seccompMode: 0,
        isInitialUserNamespace: true,
        selinux: nil,
        appArmor: true
      ),
      storage: StorageFindings(state: directory, run: run, trustedAttributes: .works(), entryTypes: .works()),
      limits: LimitFindings(
        openFiles: 1_048_576,
        leastOOMScore: -1000,
        inotifyInstances: 128,
        inotifyWatches: 192_536,
        processIDs: 4_194_304,
        clock: .works("synchronised")
      ),
      programs: ProgramFindings(
        shim: .works("/usr/bin/swiftlet-shim"),
        shimIsStatic: .works(),
        unpacker: .works("/usr/bin/swiftlet-unpack"),
        locale: .works(),
        seccompLibrary: SeccompLibraryVersion(2, 6, 0),
        nft: .works("/usr/sbin/nft"),
        forwarding: .works(),
        ociRuntimes: .works("/usr/bin/crun")
      )
    )
  }

  /// The same with one thing changed.
  static func with(_ change: (inout HostFindings) -> Void) -> HostFindings {
    var findings = complete
    change(&findings)
    return findings
  }
}

extension CheckReport {
  /// Names of what is not as it should be, with their state: `cpu controller missing`.
  var complaints: [String] { items.filter { $0.state != .ok }.map { "\($0.name) \($0.state)" } }
}
