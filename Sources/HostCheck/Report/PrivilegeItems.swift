import Privileges

/// Who we are and what we may.
func privilegeItems(_ findings: HostFindings) -> [CheckItem] {
  let privileges = findings.privileges
  let root = CheckItem(
    "root",
    .privileges,
    .required,
    privileges.user == 0 ? .works() : .fails("user \(privileges.user)"),
    cost: "no pod can start: mounts, devices and other users' processes need root",
    remedy: "sudo swiftlet …"
  )
  let namespace = CheckItem(
    "initial user namespace",
    .privileges,
    .required,
    privileges.isInitialUserNamespace ? .works() : .fails("inside a user namespace"),
    cost: "no pod can start: device nodes and device control need the machine's own root",
    remedy: "run on the machine itself, or in a container without user namespaces"
  )
  return [root, namespace] + capabilityItems(privileges) + restrictionItems(privileges)
}

private struct NeededCapability {
  let name: String
  let severity: CheckItem.Severity
  let cost: String

  init(_ name: String, _ what: String) {
    self.name = name
    severity = .required
    cost = "no pod can start: \(what)"
  }

  init(_ name: String, _ severity: CheckItem.Severity, cost: String) {
    self.name = name
    self.severity = severity
    self.cost = cost
  }
}

private let neededCapabilities =
  [
    NeededCapability("SYS_ADMIN", "it makes namespaces and mounts"),
    NeededCapability("NET_ADMIN", "it brings up the pod's loopback and attaches device control"),
    NeededCapability("DAC_OVERRIDE", "it enters the work directory that overlayfs makes"),
    NeededCapability("SETGID", "it changes to the container's groups"),
    NeededCapability("SETPCAP", "it reduces the container's capabilities"),
    NeededCapability("MKNOD", "it makes the container's devices"),
    NeededCapability("SETUID", .feature, cost: "containers run as root only: others cannot be started"),
    NeededCapability(
      "CHOWN",
      .feature,
      cost: "no image can be imported, and containers run as root only: others cannot be given their streams"
    ),
    NeededCapability("KILL", .feature, cost: "containers of other users than root are not asked to stop, only killed"),
    NeededCapability(
      "SYS_CHROOT",
      .feature,
      cost: "exec does not work, and with it hooks and probes that run commands"
    ),
    NeededCapability("SYS_PTRACE", .feature, cost: "exec does not work in containers of other users than root"),
  ]
  + ["FOWNER", "FSETID", "SETFCAP"].map {
    NeededCapability($0, .feature, cost: "no image can be imported: the unpacker does not begin without it")
  } + [
    NeededCapability(
      "SYS_RESOURCE",
      .limit,
      cost: "hard limits cannot be raised above our own, nor oom_score_adj be set below ours: see limits"
    )
  ]

private func capabilityItems(_ privileges: PrivilegeFindings) -> [CheckItem] {
  let held = privileges.capabilities.held
  let items = neededCapabilities.map { needed in
    CheckItem(
      "CAP_\(needed.name)",
      .privileges,
      needed.severity,
      held.contains(named: needed.name) ? .works() : .fails("not held, or not in the bounding set"),
      cost: needed.cost,
      remedy: "start swiftlet as root with it: name it in CapabilityBoundingSet= of a systemd unit, "
        + "--cap-add \(needed.name) in a container engine"
    )
  }
  let missing = privileges.capabilities.missing
  let all = CheckItem(
    "all capabilities",
    group: .privileges,
    state: missing.isEmpty ? .ok : .limited,
    severity: .feature,
    found: missing.isEmpty ? "" : "without " + missing.kubernetesNames.joined(separator: ", "),
    cost: "privileged containers have fewer capabilities; a pod that adds one of these is refused",
    remedy:
      "start swiftlet as root with all of them: no CapabilityBoundingSet= in a systemd unit, --privileged in an engine"
  )
  return items + [all]
}

/// What whoever started us, or a security module, takes away from every container.
private func restrictionItems(_ privileges: PrivilegeFindings) -> [CheckItem] {
  [
    CheckItem(
      "new privileges",
      .privileges,
      .feature,
      privileges.noNewPrivileges ? .fails("no_new_privs is set on this process") : .works(),
      cost: "set-user-id programs and file capabilities have no effect in any container",
      remedy: "NoNewPrivileges=no in the unit that swiftlet runs in"
    ),
    CheckItem(
      "no outer seccomp filter",
      group: .privileges,
      state: privileges.seccompMode == 0 ? .ok : .limited,
      severity: .feature,
      found: privileges.seccompMode == 0 ? "" : "this process is filtered (Seccomp: \(privileges.seccompMode))",
      cost: "what that filter refuses is refused in every container, Unconfined and privileged ones too",
      remedy: "no SystemCallFilter= in the unit; --security-opt seccomp=unconfined in a container engine"
    ),
    CheckItem(
      "SELinux",
      group: .privileges,
      state: privileges.selinux == "enforcing" ? .limited : .ok,
      severity: .feature,
      found: privileges.selinux ?? "not active",
      cost:
        "containers run with our own label: seLinuxOptions are refused in this version, and the policy may deny more",
      remedy: "setenforce 0 if the policy gets in the way"
    ),
    CheckItem(
      "AppArmor",
      group: .privileges,
      state: .ok,
      severity: .feature,
      found: privileges.appArmor ? "active; profiles are not applied in this version" : "not active",
      cost: "appArmorProfile is refused in this version",
      remedy: "nothing to do"
    ),
  ]
}
