import LaunchPlan
import RuntimeAPI
import StateStore

/// Turns a sandbox's configuration into a plan.
public enum SandboxPlanning {
  /// Reads a configuration, or names the first value that cannot be right. `unifiedCgroupView` is for runtimes that
  /// refuse a host with v1 controllers.
  public static func plan(
    _ configuration: SandboxConfiguration,
    _ directory: PodDirectory,
    networkIsGiven: Bool = false,
    unifiedCgroupView: Bool = false
  ) throws(RuntimeError) -> SandboxPlan {
    guard configuration.hostname.utf8.count <= 64, !configuration.hostname.utf8.contains(0) else {
      throw .invalid(path: "hostname", reason: "at most 64 bytes were expected (sethostname(2))")
    }
    let namespaces = configuration.namespaces
    if networkIsGiven && namespaces.hostNetwork {
      throw .invalid(path: "namespaces.hostNetwork", reason: "a network namespace was given, which contradicts it")
    }
    let grace: Int? =
      switch configuration.whenOwnerEnds {
      case .keepRunning: nil
      case .endGracefully(let seconds): max(0, seconds)
      }
    return SandboxPlan(
      id: "\(configuration.id)",
      hostname: namespaces.hostNetwork ? "" : configuration.hostname,
      newNetwork: !namespaces.hostNetwork,
      networkIsGiven: networkIsGiven,
      newIPC: !namespaces.hostIPC,
      sharedPIDs: namespaces.processes == .sharedInSandbox,
      sysctls: try sysctls(configuration),
      sharedMemoryBytes: namespaces.hostIPC ? 0 : configuration.sharedMemorySize,
      sharedMemoryPath: directory.sharedMemory,
      mountsPath: directory.mounts,
      graceAfterOwner: grace,
      unifiedCgroupView: unifiedCgroupView
    )
  }

  /// Only parameters of namespaces that the sandbox has of its own: anything else would change the host
  /// (CVE-2022-0532).
  private static func sysctls(_ configuration: SandboxConfiguration) throws(RuntimeError) -> [Sysctl] {
    var sysctls: [Sysctl] = []
    for (name, value) in configuration.sysctls.sorted(by: { $0.key < $1.key }) {
      let path = "sysctls[\(name)]"
      let path0 = name.split(separator: ".", omittingEmptySubsequences: false).joined(separator: "/")
      let isPlain = name.utf8.allSatisfy { byte in
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || [0x2D, 0x2E, 0x5F].contains(byte)
      }
      guard isPlain, !name.hasPrefix("."), !name.hasSuffix("."), !name.contains("..") else {
        throw .invalid(path: path, reason: "a dotted name of lower-case letters, digits, - and _ was expected")
      }
      guard value.utf8.count <= 4096, value.utf8.allSatisfy({ $0 >= 0x20 || $0 == 0x09 }) else {
        throw .invalid(path: path, reason: "a value of at most 4096 bytes without control characters was expected")
      }
      let own =
        name.hasPrefix("net.")
        ? !configuration.namespaces.hostNetwork
        : ipcNames.contains(name) || name.hasPrefix("fs.mqueue.") ? !configuration.namespaces.hostIPC : false
      guard own else {
        throw .invalid(path: path, reason: "it belongs to no namespace that the sandbox has of its own")
      }
      sysctls.append(Sysctl(path: path0, value: value))
    }
    return sysctls
  }

  private static let ipcNames: Set<String> = [
    "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax",
    "kernel.shmmni", "kernel.shm_rmid_forced",
  ]
}
