/// Control groups.
func cgroupItems(_ findings: HostFindings) -> [CheckItem] {
  let cgroups = findings.cgroups
  var items = [
    CheckItem(
      "cgroup v2",
      .cgroups,
      .required,
      cgroups.hierarchy,
      cost: "no pod can start: every container has a cgroup of the v2 hierarchy",
      remedy: "mount -t cgroup2 none /sys/fs/cgroup, or systemd.unified_cgroup_hierarchy=1 on the kernel's command line"
    ),
    CheckItem(
      "place for pods",
      .cgroups,
      .required,
      cgroups.place,
      cost: "no pod can start: its cgroups cannot be made",
      remedy:
        "run as root where the hierarchy is mounted read-write; in a container engine, give it a cgroup of its own "
        + "(--cgroupns=private) mounted read-write"
    ),
    CheckItem(
      "cgroup.kill",
      .cgroups,
      .required,
      cgroups.kill,
      cost: "no pod can start: it could not be ended as a whole",
      remedy: "Linux 5.14 or later"
    ),
  ]
  if let systemd = cgroups.systemd {
    items.append(
      CheckItem(
        "systemd-run",
        .cgroups,
        .required,
        systemd,
        cost: "no pod can start: systemd lets us make cgroups only in a scope that it delegated",
        remedy: "apt-get install systemd dbus, or run below a unit with Delegate=yes"
      )
    )
  }
  items += controllerCosts.map { controller(name: $0.name, cost: $0.cost, cgroups) }
  items += [
    memoryFile(
      "memory.oom.group",
      cgroups.oomGroup,
      cgroups,
      cost: "when memory runs out, single processes of a container are killed instead of all",
      remedy: "Linux 4.19 or later"
    ),
    memoryFile(
      "memory.swap.max",
      cgroups.swapLimit,
      cgroups,
      cost: "a container may use swap beyond its memory limit",
      remedy: "swapaccount=1 on the kernel's command line; CONFIG_SWAP. Without any swap nothing is lost"
    ),
  ]
  return items
}

private let refused = "pods that ask for them are refused, or run without them where limits are best effort"

private let controllerCosts = [
  (
    name: "cpu",
    cost: "cpu limits and requests are not enforced: \(refused)"
  ),
  (
    name: "memory",
    cost: "memory limits are not enforced: \(refused); a container can use up the machine's memory"
  ),
  (
    name: "pids",
    cost: "the number of processes is not limited (by default or otherwise): a fork bomb reaches the whole machine"
  ),
  (name: "io", cost: "disk use is not weighed between pods"),
]

private func controller(name: String, cost: String, _ cgroups: CgroupFindings) -> CheckItem {
  let place = cgroups.hierarchy.works ? cgroups.controllers[name] ?? .absent : .absent
  let (state, found, remedy) = controllerState(name, place)
  return CheckItem(
    "\(name) controller",
    group: .cgroups,
    state: state,
    severity: .limit,
    found: cgroups.hierarchy.works ? found : "no cgroup v2 hierarchy",
    cost: cost,
    remedy: remedy
  )
}

private func controllerState(_ name: String, _ place: ControllerPlace) -> (CheckItem.State, String, String) {
  let version1Name = name == "io" ? "blkio" : name
  switch place {
  case .available: return (.ok, "", "nothing to do")
  case .version1(let mount):
    let boot = "systemd.unified_cgroup_hierarchy=1 or, without systemd, cgroup_no_v1=all"
    return (
      .missing, "bound to cgroup v1" + (mount.map { " at \($0)" } ?? ""),
      "\(boot) on the kernel's command line; without a reboot, umount "
        + (mount ?? "the v1 hierarchy of \(version1Name)") + " once nothing uses it"
    )
  case .notDelegated:
    return (
      .missing, "not delegated to our cgroup",
      "Delegate=yes in the unit that swiftlet runs in; elsewhere +\(name) in cgroup.subtree_control of every parent"
    )
  case .disabled:
    return (
      .missing, "turned off at boot",
      "cgroup_enable=\(version1Name) on the kernel's command line, and no cgroup_disable"
    )
  case .absent:
    let options = ["cpu": "CONFIG_CGROUP_SCHED and CONFIG_CFS_BANDWIDTH", "memory": "CONFIG_MEMCG"]
    let option = options[name] ?? (name == "pids" ? "CONFIG_CGROUP_PIDS" : "CONFIG_BLK_CGROUP")
    return (.missing, "not in this kernel", "a kernel with \(option)")
  }
}

/// A file that only the memory controller's cgroups have.
private func memoryFile(
  _ name: String,
  _ finding: Finding,
  _ cgroups: CgroupFindings,
  cost: String,
  remedy: String
) -> CheckItem {
  if cgroups.hierarchy.works, cgroups.controllers["memory"] == .available {
    return CheckItem(name, .cgroups, .limit, finding, cost: cost, remedy: remedy)
  }
  return CheckItem(
    name,
    group: .cgroups,
    state: .missing,
    severity: .limit,
    found: "needs the memory controller",
    cost: cost,
    remedy: "see the memory controller"
  )
}
