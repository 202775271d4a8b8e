/// Limits of the machine and of this process.
func limitItems(_ findings: HostFindings) -> [CheckItem] {
  let limits = findings.limits
  return [
    openFilesItem(limits.openFiles),
    CheckItem(
      "oom_score_adj",
      group: .limits,
      state: limits.leastOOMScore <= -1000 ? .ok : .limited,
      severity: .limit,
      found: "\(limits.leastOOMScore) and up",
      cost: "Guaranteed pods (-997) get no less than \(limits.leastOOMScore): "
        + "when the machine's memory runs out they are not spared as they should be",
      remedy: "CAP_SYS_RESOURCE for swiftlet, or OOMScoreAdjust=-1000 in its unit"
    ),
    number(
      "inotify instances",
      limits.inotifyInstances,
      atLeast: 128,
      .feature,
      cost: "with many pods, and programs that watch files, no more watchers can be made",
      remedy: "sysctl -w fs.inotify.max_user_instances=8192"
    ),
    number(
      "inotify watches",
      limits.inotifyWatches,
      atLeast: 65_536,
      .feature,
      cost: "with many pods, and programs that watch files, no more files can be watched",
      remedy: "sysctl -w fs.inotify.max_user_watches=524288"
    ),
    number(
      "process ids",
      limits.processIDs,
      atLeast: 32_768,
      .feature,
      cost: "all pods together can have only so many processes and threads",
      remedy: "sysctl -w kernel.pid_max=4194304"
    ),
    CheckItem(
      "clock",
      group: .limits,
      state: limits.clock.works ? .ok : .limited,
      severity: .feature,
      found: limits.clock.text,
      cost: "times in logs and status may be wrong, and certificates seem expired or not yet valid",
      remedy: "apt-get install systemd-timesyncd (or chrony); timedatectl set-ntp true"
    ),
  ]
}

/// The hard limit that containers are given where the host allows it.
private let wantedOpenFiles: UInt64 = 524_288

private func openFilesItem(_ most: UInt64) -> CheckItem {
  CheckItem(
    "open files",
    group: .limits,
    state: most >= wantedOpenFiles ? .ok : .limited,
    severity: .limit,
    found: "up to \(most)",
    cost: "containers get a hard limit of \(min(most, wantedOpenFiles)) open files instead of \(wantedOpenFiles)",
    remedy: "CAP_SYS_RESOURCE for swiftlet, or a higher hard limit: LimitNOFILE=1048576 in its unit, "
      + "prlimit --nofile=1048576 by whoever may"
  )
}

private func number(
  _ name: String,
  _ value: Int?,
  atLeast least: Int,
  _ severity: CheckItem.Severity,
  cost: String,
  remedy: String
) -> CheckItem {
  CheckItem(
    name,
    group: .limits,
    state: value.map { $0 >= least } ?? false ? .ok : .limited,
    severity: severity,
    found: value.map(String.init) ?? "cannot be read",
    cost: cost,
    remedy: remedy
  )
}
