import Glibc
import Privileges

/// Where things are to go.
public struct HostPlaces: Hashable, Sendable {
  /// What outlives a reboot; absolute.
  public var state: String
  /// What does not; absolute.
  public var run: String
  /// The supervisor's program; `nil` for the one beside this program.
  public var shim: String?

  /// Makes places.
  public init(state: String, run: String, shim: String? = nil) {
    self.state = state
    self.run = run
    self.shim = shim
  }
}

extension HostFindings {
  /// Looks at this machine, by trying things in ways that change nothing: no directory, cgroup, mount, link or setting is
  /// made, and no module loaded. The two programs of ours are started once each and end at once.
  ///
  /// - Throws: ``PrivilegesError`` where `/proc` does not tell who we are.
  public static func collect(_ places: HostPlaces) throws(PrivilegesError) -> HostFindings {
    let (release, machine) = try kernelNames()
    let privileges = try PrivilegeProbes.collect()
    let cgroups = CgroupProbes.collect()
    let (programs, pidfdExit) = ProgramProbes.collect(shim: places.shim)
    let isMachine = privileges.isInitialUserNamespace
    let mayAdminister = isMachine && privileges.capabilities.held.contains(named: "SYS_ADMIN")
    var kernel = KernelProbes(
      modules: ModuleTable(release: release),
      mayAdminister: mayAdminister,
      mayConfigureNetwork: isMachine && privileges.capabilities.held.contains(named: "NET_ADMIN")
    ).all()
    kernel[.pidfdExit] = pidfdExit
    return HostFindings(
      kernelRelease: "Linux \(release) \(machine)",
      kernel: kernel,
      cgroups: cgroups,
      privileges: privileges,
      storage: StorageProbes.collect(places, mayAdminister: mayAdminister),
      limits: LimitProbes.collect(privileges.capabilities),
      programs: programs
    )
  }

  private static func kernelNames() throws(PrivilegesError) -> (release: String, machine: String) {
    var names = utsname()
    guard uname(&names) == 0 else { throw PrivilegesError(.unreadable, "uname(2)", "failed") }
    func text(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }
    return (withUnsafeBytes(of: &names.release, text), withUnsafeBytes(of: &names.machine, text))
  }
}
