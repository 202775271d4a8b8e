extension Capabilities {
  /// `NET_ADMIN` for `net_admin`, `CAP_NET_ADMIN` and the like, `ALL` for `all`; nil for what Linux does not know.
  public static func canonicalName(_ text: String) -> String? {
    let upper = text.uppercased()
    let name = upper.hasPrefix("CAP_") ? String(upper.dropFirst(4)) : upper
    return name == "ALL" && upper != "CAP_ALL" || known.contains(name) ? name : nil
  }

  /// The capabilities of Linux 6.18 in the order of their numbers (`capabilities(7)`), without `CAP_`.
  public static let known = [
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
    "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
    "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
    "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
    "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
    "CHECKPOINT_RESTORE",
  ]
}
