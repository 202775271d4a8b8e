import PodModel

/// Kernel parameters of a pod's namespaces.
enum Sysctls {
  /// Namespaced and harmless to others (`pkg/kubelet/sysctl/safe_sysctls.go`).
  static let safe: Set<String> = [
    "kernel.shm_rmid_forced", "net.ipv4.ip_local_port_range", "net.ipv4.tcp_syncookies",
    "net.ipv4.ping_group_range", "net.ipv4.ip_unprivileged_port_start", "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes", "net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
  ]

  /// What pods with a network of their own have unless they say otherwise: without NET_RAW and NET_BIND_SERVICE one can
  /// still ping and listen below 1024, as containerd's Kubernetes plug-in has it.
  static let networkDefaults = [
    "net.ipv4.ip_unprivileged_port_start": "0",
    "net.ipv4.ping_group_range": "0 2147483647",
  ]

  /// Dotted names and values for the sandbox.
  ///
  /// - Throws: For parameters that are not on the safe list, and for those of a namespace that the pod shares with the
  ///   host.
  static func resolve(_ spec: PodSpec) throws(ConfigurationError) -> [String: String] {
    var values = spec.hostNetwork ? [:] : networkDefaults
    for sysctl in spec.securityContext.sysctls {
      let name = dotted(sysctl.name)
      let field = "spec.securityContext.sysctls[\(sysctl.name)]"
      guard safe.contains(name) else {
        throw ConfigurationError(field, "forbidden sysctl: \"\(sysctl.name)\" not allowlisted")
      }
      if name.hasPrefix("net.") && spec.hostNetwork {
        throw ConfigurationError(field, "must not be set for a pod that uses the host's network (hostNetwork)")
      }
      if name.hasPrefix("kernel.") && spec.hostIPC {
        throw ConfigurationError(field, "must not be set for a pod that uses the host's IPC namespace (hostIPC)")
      }
      values[name] = sysctl.value
    }
    return values
  }

  /// Both spellings of `sysctl(8)`: the separator that comes first is the separator.
  static func dotted(_ name: String) -> String {
    guard let first = name.first(where: { $0 == "." || $0 == "/" }), first == "/" else { return name }
    return String(name.map { $0 == "/" ? "." : $0 == "." ? "/" : $0 })
  }
}
