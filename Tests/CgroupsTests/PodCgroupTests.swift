import Glibc
import Linux
import Testing

@testable import Cgroups

@Suite(
  "A pod's cgroup is claimed by its name and goes with everything in it",
  .enabled(if: getuid() == 0, "root is required")
)
struct PodCgroupTests {
  private func pod(_ name: String, _ body: (CgroupHierarchy, PodCgroup) throws -> Void) throws {
    let hierarchy = try TestCgroup.hierarchy()
    try hierarchy.prepare()
    let pod = PodCgroup(hierarchy, pod: "\(name)-\(getpid())")
    try pod.make(hierarchy)
    defer { try? TestCgroup.remove(pod, hierarchy) }
    try body(hierarchy, pod)
  }

  private func sleeper(in path: String) throws -> OwnedFD {
    let pid = try spawnProgram("/bin/sleep", arguments: ["sleep", "1000"], descriptors: [-1, -1, -1])
    try writeKernelFile(AT_FDCWD, path + "/cgroup.procs", String(pid))
    return try PidFD.open(pid)
  }

  @Test("a second one of the same name is refused and changes nothing")
  func claimed() throws {
    try pod("claimed") { hierarchy, pod in
      _ = try pod.makeContainer("web.0", settings: [], devices: DeviceProgram([]))
      let second = #expect(throws: CgroupError.self) { try PodCgroup(path: pod.path).make(hierarchy) }
      guard case .failed(_, let error)? = second else { throw SyscallError("make", EINVAL) }
      #expect(error.errno == EEXIST)
      #expect(throws: CgroupError.self) { _ = try pod.makeContainer("web.0", settings: [], devices: DeviceProgram([])) }
      #expect(access(pod.path + "/web.0", F_OK) == 0)
    }
  }

  @Test("destroy ends processes at every depth and removes all; repeating it is fine")
  func destroyed() throws {
    try pod("destroyed") { _, pod in
      _ = try pod.makeContainer("web.0", settings: [], devices: DeviceProgram([DeviceRule(allow: true, kind: .any)]))
      try makeDirectory(AT_FDCWD, pod.path + "/web.0/exec-1", mode: 0o755)
      let processes = try ["/web.0/exec-1", "/shim"].map { SharedFD(try sleeper(in: pod.path + $0)) }
      try pod.destroy()
      #expect(!pod.exists)
      for process in processes { #expect(try PidFD.reap(process.raw) == .signaled(SIGKILL)) }
      try pod.destroy()
    }
  }

  @Test(
    "the last pod takes the instance's cgroup with it, and many that come and go do not hinder each other",
    .enabled(if: !CgroupHierarchy.isUnderSystemd, "a base that is ours, not a unit's, is required")
  )
  func emptyBase() async throws {
    let hierarchy = try CgroupHierarchy.discover(instance: "test-base-\(getpid())", underSystemd: false)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<4 {
        group.addTask {
          for round in 0..<50 {
            let pod = PodCgroup(hierarchy, pod: "\(worker)-\(round)")
            try pod.make(hierarchy)
            try pod.destroy()
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(access(hierarchy.path(), F_OK) != 0)
  }

  @Test("a setting whose controller is missing is refused by the controller's name, and no cgroup is left")
  func missingController() throws {
    try pod("settings") { hierarchy, pod in
      let setting = CgroupSetting("nosuch.max", "1")
      let error = #expect(throws: CgroupError.self) {
        _ = try pod.makeContainer("web.0", settings: [setting], devices: DeviceProgram([]))
      }
      #expect(error == .controllerMissing("nosuch"))
      #expect(access(pod.path + "/web.0", F_OK) != 0)
      let optional = CgroupSetting("nosuch.max", "1", isOptional: true)
      _ = try pod.makeContainer("web.0", settings: [optional], devices: DeviceProgram([]))
      for (file, value) in [("memory.max", "67108864"), ("pids.max", "33"), ("cpu.max", "50000 100000")]
      where hierarchy.availableControllers().contains(CgroupSetting(file, value).controller) {
        _ = try pod.makeContainer(file, settings: [CgroupSetting(file, value)], devices: DeviceProgram([]))
        #expect(try readKernelFile(AT_FDCWD, "\(pod.path)/\(file)/\(file)") == value)
      }
    }
  }

  @Test("the hierarchy is found, and its paths have no empty parts")
  func paths() throws {
    let hierarchy = CgroupHierarchy(mountPoint: "/sys/fs/cgroup", base: "a/b")
    #expect(hierarchy.path() == "/sys/fs/cgroup/a/b")
    #expect(hierarchy.path("pod-1") == "/sys/fs/cgroup/a/b/pod-1")
    #expect(CgroupHierarchy(mountPoint: "/m", base: "").path("x") == "/m/x")
    #expect(try TestCgroup.hierarchy().mountPoint.hasPrefix("/sys/fs/cgroup"))
    #expect(CgroupHierarchy(mountPoint: "/no/such", base: "a").availableControllers().isEmpty)
  }
}

@Suite("Shares become weights on the line that KEP-2254 draws")
struct WeightTests {
  @Test(
    "known points",
    arguments: [
      (0, 1), (1, 1), (2, 1), (10, 1), (100, 4), (512, 20), (1024, 39), (2048, 79), (262_144, 10_000),
      (UInt64.max, 10_000),
    ]
      as [(UInt64, UInt64)]
  )
  func table(_ shares: UInt64, _ weight: UInt64) {
    #expect(CgroupSetting.weight(fromShares: shares) == weight)
  }

  @Test("more shares never weigh less")
  func monotonic() {
    var last: UInt64 = 0
    for shares in stride(from: UInt64(0), through: 300_000, by: 7) {
      let weight = CgroupSetting.weight(fromShares: shares)
      #expect(weight >= last && (1...10_000).contains(weight))
      last = weight
    }
  }
}
