extension CapabilitySet {
  /// Names without `CAP_`, by number (`<linux/capability.h>` of Linux 6.18; the last one came with 5.9).
  static let names = [
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP",
    "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER",
    "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE",
    "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP",
    "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF",
    "CHECKPOINT_RESTORE",
  ]

  private static let numbers: [String: Int] = Dictionary(
    uniqueKeysWithValues: names.enumerated().map { ($0.element, $0.offset) }
  )

  /// A name of a specification: Kubernetes writes `NET_ADMIN`, the OCI specification `CAP_NET_ADMIN`, and containerd
  /// raises either to upper case. Both forms mean the same here: containerd turns `CAP_NET_ADMIN` in a pod into
  /// `CAP_CAP_NET_ADMIN`, which runc then ignores.
  static func number(ofName name: String) -> Int? {
    guard name.utf8.count <= NearestName.maximumLength else { return nil }
    let upper = name.uppercased()
    return numbers[upper.hasPrefix("CAP_") ? String(upper.dropFirst(4)) : upper]
  }

  /// Whether a name of a specification stands for all capabilities.
  static func meansAll(_ name: String) -> Bool { name.utf8.count == 3 && name.uppercased() == "ALL" }

  /// The set of the named capabilities; `ALL` is not a capability.
  ///
  /// - Parameters:
  ///   - names: Names with or without `CAP_`.
  ///   - field: Where the list stands, for the error: `securityContext.capabilities.add`.
  /// - Throws: ``PrivilegesError`` naming the element, with the nearest name that exists.
  public init(names: [String], field: String) throws(PrivilegesError) {
    self = []
    for (index, name) in names.enumerated() {
      guard let number = Self.number(ofName: name) else {
        throw Self.unknown(name, place: "\(field)[\(index)]")
      }
      insert(CapabilitySet(number: number))
    }
  }

  /// The set of the named capabilities in the specification's own spelling, with `CAP_`.
  ///
  /// - Throws: ``PrivilegesError`` naming the element.
  public init(specificationNames names: [String], field: String) throws(PrivilegesError) {
    for (index, name) in names.enumerated() where !name.hasPrefix("CAP_") {
      throw PrivilegesError(
        .invalid,
        "\(field)[\(index)]",
        "\(quoted(name)) does not begin with CAP_ as the OCI specification requires"
      )
    }
    try self.init(names: names, field: field)
  }

  /// The names with `CAP_` in ascending order of their numbers, as an OCI specification lists them. A capability newer
  /// than this program has its number for a name, as in libcap.
  public var specificationNames: [String] { numbers.map { "CAP_" + Self.name(ofNumber: $0) } }

  /// The names without `CAP_`, as Kubernetes writes them.
  public var kubernetesNames: [String] { numbers.map(Self.name(ofNumber:)) }

  private static func name(ofNumber number: Int) -> String {
    number < names.count ? names[number] : String(number)
  }

  private static func unknown(_ name: String, place: String) -> PrivilegesError {
    let upper = name.utf8.count <= NearestName.maximumLength ? name.uppercased() : ""
    let bare = upper.hasPrefix("CAP_") ? String(upper.dropFirst(4)) : upper
    let advice =
      NearestName.of(bare, in: names).map { "; did you mean \($0)?" }
      ?? "; capabilities(7) lists the names, written without CAP_"
    return PrivilegesError(.invalid, place, "unknown capability \(quoted(name))\(advice)")
  }
}
