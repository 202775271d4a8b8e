import Privileges

/// What was found on this machine: values only, so that everything concluded from them can be tested anywhere.
public struct HostFindings: Hashable, Sendable {
  /// `uname -r` and the machine's kind.
  public var kernelRelease: String
  /// The kernel's features.
  public var kernel: [KernelProbe: Finding]
  /// Control groups.
  public var cgroups: CgroupFindings
  /// Who we are and what we may.
  public var privileges: PrivilegeFindings
  /// Where images, pods and sockets go.
  public var storage: StorageFindings
  /// Limits of the machine and of this process.
  public var limits: LimitFindings
  /// Programs and libraries.
  public var programs: ProgramFindings

  /// Makes findings.
  public init(
    kernelRelease: String,
    kernel: [KernelProbe: Finding],
    cgroups: CgroupFindings,
    privileges: PrivilegeFindings,
    storage: StorageFindings,
    limits: LimitFindings,
    programs: ProgramFindings
  ) {
    self.kernelRelease = kernelRelease
    self.kernel = kernel
    self.cgroups = cgroups
    self.privileges = privileges
    self.storage = storage
    self.limits = limits
    self.programs = programs
  }
}

/// Where a controller is.
public enum ControllerPlace: Hashable, Sendable {
  /// In the v2 hierarchy, where our cgroups go.
  case available
  /// Bound to a v1 hierarchy, mounted there if a path is known; v2 cannot have it then (cgroups(7)).
  case version1(mount: String?)
  /// The kernel has it, but whoever made the cgroup that we live in did not hand it down.
  case notDelegated
  /// Turned off on the kernel's command line.
  case disabled
  /// Not in this kernel.
  case absent
}

/// Control groups.
public struct CgroupFindings: Hashable, Sendable {
  /// The v2 hierarchy; its mount point if it works.
  public var hierarchy: Finding
  /// Whether cgroups can be made where ours go; that path.
  public var place: Finding
  /// `cgroup.kill`.
  public var kill: Finding
  /// The controllers that limits need: cpu, memory, pids, io.
  public var controllers: [String: ControllerPlace]
  /// `memory.oom.group`.
  public var oomGroup: Finding
  /// `memory.swap.max`.
  public var swapLimit: Finding
  /// How a scope with delegation is had under systemd; `nil` where systemd does not run the machine.
  public var systemd: Finding?

  /// Makes findings.
  public init(
    hierarchy: Finding,
    place: Finding,
    kill: Finding,
    controllers: [String: ControllerPlace],
    oomGroup: Finding,
    swapLimit: Finding,
    systemd: Finding?
  ) {
    self.hierarchy = hierarchy
    self.place = place
    self.kill = kill
    self.controllers = controllers
    self.oomGroup = oomGroup
    self.swapLimit = swapLimit
    self.systemd = systemd
  }
}

/// Who this process is.
public struct PrivilegeFindings: Hashable, Sendable {
  /// Effective user id.
  public var user: UInt32
  /// Capabilities that exist and that we hold.
  public var capabilities: CapabilityHost
  /// Whether no_new_privs is set, which everything that we start inherits.
  public var noNewPrivileges: Bool
  /// `Seccomp` of `/proc/self/status`: 0 none, 2 a filter of whoever started us.
  public var seccompMode: Int
  /// Whether this is the user namespace of the machine.
  public var isInitialUserNamespace: Bool
  /// SELinux as found: `enforcing`, `permissive`; `nil` where it is not active.
  public var selinux: String?
  /// Whether AppArmor is active.
  public var appArmor: Bool

  /// Makes findings.
  public init(
    user: UInt32,
    capabilities: CapabilityHost,
    noNewPrivileges: Bool,
    seccompMode: Int,
    isInitialUserNamespace: Bool,
    selinux: String?,
    appArmor: Bool
  ) {
    self.user = user
    self.capabilities = capabilities
    self.noNewPrivileges = noNewPrivileges
    self.seccompMode = seccompMode
    self.isInitialUserNamespace = isInitialUserNamespace
    self.selinux = selinux
    self.appArmor = appArmor
  }
}

/// One directory of ours, or the nearest parent that exists.
public struct DirectoryFindings: Hashable, Sendable {
  /// As configured.
  public var path: String
  /// What exists of it.
  public var existing: String
  /// The filesystem's name.
  public var filesystem: String
  /// Whether files can be made there.
  public var writable: Finding
  /// Bytes that can still be written.
  public var freeBytes: UInt64
  /// Files that can still be made; `nil` where the filesystem sets no number.
  public var freeFiles: UInt64?

  /// Makes findings.
  public init(
    path: String,
    existing: String,
    filesystem: String,
    writable: Finding,
    freeBytes: UInt64,
    freeFiles: UInt64?
  ) {
    self.path = path
    self.existing = existing
    self.filesystem = filesystem
    self.writable = writable
    self.freeBytes = freeBytes
    self.freeFiles = freeFiles
  }
}

/// Where images, pods and sockets go.
public struct StorageFindings: Hashable, Sendable {
  /// What outlives a reboot.
  public var state: DirectoryFindings
  /// What does not.
  public var run: DirectoryFindings
  /// `trusted.*` extended attributes in the state directory, which overlayfs keeps its marks in.
  public var trustedAttributes: Finding
  /// Whether its directories tell the type of each entry, which overlayfs needs.
  public var entryTypes: Finding

  /// Makes findings.
  public init(
    state: DirectoryFindings,
    run: DirectoryFindings,
    trustedAttributes: Finding,
    entryTypes: Finding
  ) {
    self.state = state
    self.run = run
    self.trustedAttributes = trustedAttributes
    self.entryTypes = entryTypes
  }
}

/// Limits of the machine and of this process; `nil` is what could not be read.
public struct LimitFindings: Hashable, Sendable {
  /// The greatest hard limit of open files that a container can be given.
  public var openFiles: UInt64
  /// The least `oom_score_adj` that a container can be given.
  public var leastOOMScore: Int
  /// `fs.inotify.max_user_instances`.
  public var inotifyInstances: Int?
  /// `fs.inotify.max_user_watches`.
  public var inotifyWatches: Int?
  /// `kernel.pid_max`.
  public var processIDs: Int?
  /// Whether the clock is kept in time.
  public var clock: Finding

  /// Makes findings.
  public init(
    openFiles: UInt64,
    leastOOMScore: Int,
    inotifyInstances: Int?,
    inotifyWatches: Int?,
    processIDs: Int?,
    clock: Finding
  ) {
    self.openFiles = openFiles
    self.leastOOMScore = leastOOMScore
    self.inotifyInstances = inotifyInstances
    self.inotifyWatches = inotifyWatches
    self.processIDs = processIDs
    self.clock = clock
  }
}

/// Programs and libraries.
public struct ProgramFindings: Hashable, Sendable {
  /// Whether the supervisor starts; its path.
  public var shim: Finding
  /// Whether it is static: an image cannot poison a loader that is not there (CVE-2019-5736).
  public var shimIsStatic: Finding
  /// Whether the unpacker starts; its path.
  public var unpacker: Finding
  /// The C.UTF-8 locale, which the unpacker reads names in.
  public var locale: Finding
  /// Version of libseccomp.
  public var seccompLibrary: SeccompLibraryVersion
  /// Where `nft` is.
  public var nft: Finding
  /// Whether what is forwarded gets through everybody's rules.
  public var forwarding: Finding
  /// OCI runtimes found.
  public var ociRuntimes: Finding

  /// Makes findings.
  public init(
    shim: Finding,
    shimIsStatic: Finding,
    unpacker: Finding,
    locale: Finding,
    seccompLibrary: SeccompLibraryVersion,
    nft: Finding,
    forwarding: Finding,
    ociRuntimes: Finding
  ) {
    self.shim = shim
    self.shimIsStatic = shimIsStatic
    self.unpacker = unpacker
    self.locale = locale
    self.seccompLibrary = seccompLibrary
    self.nft = nft
    self.forwarding = forwarding
    self.ociRuntimes = ociRuntimes
  }
}

/// A version of libseccomp.
public struct SeccompLibraryVersion: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The three numbers.
  public var major, minor, micro: UInt32

  /// Makes a version.
  public init(_ major: UInt32, _ minor: UInt32, _ micro: UInt32) {
    self.major = major
    self.minor = minor
    self.micro = micro
  }

  /// `2.5.4`.
  public var description: String { "\(major).\(minor).\(micro)" }

  /// Orders by major, minor, micro.
  public static func < (left: SeccompLibraryVersion, right: SeccompLibraryVersion) -> Bool {
    (left.major, left.minor, left.micro) < (right.major, right.minor, right.micro)
  }
}
