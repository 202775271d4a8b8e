import Privileges
import Testing

@testable import HostCheck

@Suite("What follows from what was found")
struct CheckReportTests {
  /// One thing that is wrong, and what is said about it.
  struct Case: Sendable, CustomTestStringConvertible {
    let what: String
    let complaints: [String]
    var canRun = true
    let change: @Sendable (inout HostFindings) -> Void
    var testDescription: String { what }
  }

  @Test("A machine that has everything can do everything")
  func complete() {
    let report = CheckReport(.complete)
    #expect(report.complaints == [])
    #expect(report.canRun && report.unenforcedLimits.isEmpty && report.missingFeatures.isEmpty)
  }

  @Test("Names are unique, and everything says what it costs and how to get it")
  func wording() {
    let items = CheckReport(.complete).items
    #expect(Set(items.map(\.name)).count == items.count)
    for item in items { #expect(!item.cost.isEmpty && !item.remedy.isEmpty, "\(item.name)") }
    #expect(items.map(\.group) == items.map(\.group).sorted { $0.place < $1.place })
  }

  @Test("Every question to the kernel has a line, and its answer decides about pods only where they all need it")
  func everyProbe() throws {
    let optional: Set<KernelProbe> = [
      .pidfdExit, .overlayLayerList, .pressure, .userNamespaces, .idmappedMounts, .bridge, .veth, .nftables,
      .networkSettings,
    ]
    for probe in KernelProbe.allCases {
      let report = CheckReport(.with { $0.kernel[probe] = .fails("no") })
      #expect(report.complaints.count == 1, "\(probe)")
      #expect(report.canRun == optional.contains(probe), "\(probe)")
      #expect(report.missingFeatures.count == (optional.contains(probe) ? 1 : 0), "\(probe)")
      let unasked = CheckReport(.with { $0.kernel[probe] = nil })
      #expect(
        unasked.canRun && unasked.complaints.count == 1 && unasked.complaints[0].hasSuffix(" limited"),
        "\(probe)"
      )
    }
  }

  @Test("Cgroups", arguments: cgroupCases)
  func cgroups(_ test: Case) { check(test) }

  @Test("Privileges", arguments: privilegeCases)
  func privileges(_ test: Case) { check(test) }

  @Test("Storage, limits and programs", arguments: otherCases)
  func others(_ test: Case) { check(test) }

  private func check(_ test: Case) {
    let report = CheckReport(.with(test.change))
    #expect(report.complaints == test.complaints)
    #expect(report.canRun == test.canRun)
    #expect(report.obstacles.isEmpty == test.canRun)
  }

  static let cgroupCases: [Case] = [
    Case(
      what: "no v2 hierarchy",
      complaints: [
        "cgroup v2 missing", "place for pods limited", "cgroup.kill limited", "cpu controller missing",
        "memory controller missing", "pids controller missing", "io controller missing", "memory.oom.group missing",
        "memory.swap.max missing",
      ],
      canRun: false
    ) {
      $0.cgroups.hierarchy = .fails("none")
      $0.cgroups.place = .unknown("none")
      $0.cgroups.kill = .unknown("none")
    },
    Case(what: "one v1 controller", complaints: ["cpu controller missing"]) {
      $0.cgroups.controllers["cpu"] = .version1(mount: "/sys/fs/cgroup/cpu")
    },
    Case(
      what: "memory is off",
      complaints: ["memory controller missing", "memory.oom.group missing", "memory.swap.max missing"]
    ) { $0.cgroups.controllers["memory"] = .disabled },
    Case(what: "not delegated", complaints: ["io controller missing"]) { $0.cgroups.controllers["io"] = .notDelegated },
    Case(what: "not looked for", complaints: ["pids controller missing"]) { $0.cgroups.controllers["pids"] = nil },
    Case(what: "read-only", complaints: ["place for pods missing"], canRun: false) {
      $0.cgroups.place = .fails("read-only")
    },
    Case(what: "old kernel", complaints: ["cgroup.kill missing"], canRun: false) { $0.cgroups.kill = .fails("") },
    Case(what: "without systemd", complaints: []) { $0.cgroups.systemd = nil },
    Case(what: "systemd without its program", complaints: ["systemd-run missing"], canRun: false) {
      $0.cgroups.systemd = .fails("")
    },
    Case(what: "no swap accounting", complaints: ["memory.swap.max missing"]) { $0.cgroups.swapLimit = .fails("") },
  ]

  static let privilegeCases: [Case] = [
    Case(what: "not root", complaints: ["root missing"], canRun: false) { $0.privileges.user = 1000 },
    Case(what: "in a user namespace", complaints: ["initial user namespace missing"], canRun: false) {
      $0.privileges.isInitialUserNamespace = false
    },
    Case(what: "no SYS_ADMIN", complaints: ["CAP_SYS_ADMIN missing", "all capabilities limited"], canRun: false) {
      $0.privileges.drop("SYS_ADMIN")
    },
    Case(what: "no SYS_RESOURCE", complaints: ["CAP_SYS_RESOURCE missing", "all capabilities limited"]) {
      $0.privileges.drop("SYS_RESOURCE")
    },
    Case(what: "no SETFCAP", complaints: ["CAP_SETFCAP missing", "all capabilities limited"]) {
      $0.privileges.drop("SETFCAP")
    },
    Case(what: "no SYS_TIME", complaints: ["all capabilities limited"]) { $0.privileges.drop("SYS_TIME") },
    Case(what: "no_new_privs", complaints: ["new privileges missing"]) { $0.privileges.noNewPrivileges = true },
    Case(what: "filtered", complaints: ["no outer seccomp filter limited"]) { $0.privileges.seccompMode = 2 },
    Case(what: "SELinux enforcing", complaints: ["SELinux limited"]) { $0.privileges.selinux = "enforcing" },
    Case(what: "SELinux permissive", complaints: []) { $0.privileges.selinux = "permissive" },
  ]

  static let otherCases: [Case] = [
    Case(what: "state on overlay", complaints: ["writable layers missing"], canRun: false) {
      $0.storage.state.filesystem = "overlay"
    },
    Case(what: "state in /proc", complaints: ["state directory missing", "writable layers missing"], canRun: false) {
      $0.storage.state.filesystem = "proc"
    },
    Case(what: "state on tmpfs", complaints: ["durable state limited"]) { $0.storage.state.filesystem = "tmpfs" },
    Case(what: "no trusted attributes", complaints: ["writable layers missing"], canRun: false) {
      $0.storage.trustedAttributes = .fails("Operation not supported")
    },
    Case(what: "no entry types", complaints: ["writable layers missing"], canRun: false) {
      $0.storage.entryTypes = .fails("no d_type")
    },
    Case(what: "attributes not tried", complaints: ["writable layers limited"]) {
      $0.storage.trustedAttributes = .unknown("")
    },
    Case(what: "state read-only", complaints: ["state directory missing"], canRun: false) {
      $0.storage.state.writable = .fails("Read-only file system")
    },
    Case(what: "run read-only", complaints: ["run directory missing"], canRun: false) {
      $0.storage.run.writable = .fails("Read-only file system")
    },
    Case(what: "almost full", complaints: ["free space limited"]) { $0.storage.state.freeBytes = (1 << 30) - 1 },
    Case(what: "no inodes", complaints: ["free space limited"]) { $0.storage.state.freeFiles = 9_999 },
    Case(what: "no fixed number of inodes", complaints: []) { $0.storage.state.freeFiles = nil },
    Case(what: "few open files", complaints: ["open files limited"]) { $0.limits.openFiles = 20_000 },
    Case(what: "just enough open files", complaints: []) { $0.limits.openFiles = 524_288 },
    Case(what: "no lower score", complaints: ["oom_score_adj limited"]) { $0.limits.leastOOMScore = -999 },
    Case(what: "few watches", complaints: ["inotify watches limited"]) { $0.limits.inotifyWatches = 8_192 },
    Case(what: "unreadable", complaints: ["inotify instances limited"]) { $0.limits.inotifyInstances = nil },
    Case(what: "free clock", complaints: ["clock limited"]) { $0.limits.clock = .fails("not synchronised") },
    Case(what: "no supervisor", complaints: ["swiftlet-shim missing"], canRun: false) { $0.programs.shim = .fails("") },
    Case(what: "no unpacker", complaints: ["swiftlet-unpack missing"]) { $0.programs.unpacker = .fails("") },
    Case(what: "old libseccomp", complaints: ["libseccomp missing"], canRun: false) {
      $0.programs.seccompLibrary = SeccompLibraryVersion(2, 4, 99)
    },
    Case(what: "least libseccomp", complaints: []) { $0.programs.seccompLibrary = SeccompLibraryVersion(2, 5, 0) },
  ]

  @Test("What is said about a controller names where it is and what brings it back")
  func controllerRemedies() throws {
    let places: [(ControllerPlace, found: String, remedy: String)] = [
      (.version1(mount: "/c/memory"), "bound to cgroup v1 at /c/memory", "systemd.unified_cgroup_hierarchy=1"),
      (.version1(mount: nil), "bound to cgroup v1", "cgroup_no_v1=all"),
      (.notDelegated, "not delegated to our cgroup", "Delegate=yes"),
      (.disabled, "turned off at boot", "cgroup_enable=memory"),
      (.absent, "not in this kernel", "CONFIG_MEMCG"),
    ]
    for (place, found, remedy) in places {
      let report = CheckReport(.with { $0.cgroups.controllers["memory"] = place })
      let item = try #require(report.items.first { $0.name == "memory controller" })
      #expect(item.found == found && item.remedy.contains(remedy) && item.severity == .limit)
      #expect(report.unenforcedLimits == ["memory controller", "memory.oom.group", "memory.swap.max"])
    }
  }
}

extension CheckItem.Group {
  fileprivate var place: Int { Self.allCases.firstIndex(of: self) ?? -1 }
}

extension PrivilegeFindings {
  fileprivate mutating func drop(_ name: String) {
    let all = capabilities.known
    let one = all.numbers.map(CapabilitySet.init(number:)).filter { $0.contains(named: name) }
    capabilities = CapabilityHost(known: all, held: one.reduce(all) { $0.subtracting($1) })
  }
}
