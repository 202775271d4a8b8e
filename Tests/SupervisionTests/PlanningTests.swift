import Cgroups
import RuntimeAPI
import StateStore
import Supervision
import Testing

@Suite("Limits become values of cgroup files, or are refused by the field that asks for them")
struct ResourcePlanningTests {
  private let all: Set<String> = ["cpu", "memory", "pids", "io"]

  @Test("every limit and its file")
  func values() throws {
    var resources = RuntimeSpecification.Resources()
    resources.memory = RuntimeSpecification.Memory(limit: 1 << 20, reservation: -1)
    resources.cpu = RuntimeSpecification.CPU(shares: 1024, quota: 50_000, period: 200_000)
    resources.pids.limit = 7
    resources.unified = ["memory.oom.group": "1", "io.weight": "default 100"]
    let seen = try ResourcePlanning.settings(resources, controllers: all).map { "\($0.file)=\($0.value)" }
    #expect(
      seen == [
        "memory.max=1048576", "memory.low=max", "cpu.weight=39", "cpu.max=50000 200000", "pids.max=7",
        "io.weight=default 100", "memory.oom.group=1",
      ]
    )
  }

  @Test("half of cpu.max has the kernel's default for the other half")
  func halves() throws {
    var resources = RuntimeSpecification.Resources()
    resources.cpu.quota = -1
    #expect(try ResourcePlanning.settings(resources, controllers: all).map(\.value) == ["max 100000"])
    resources.cpu = RuntimeSpecification.CPU(period: 5000)
    #expect(try ResourcePlanning.settings(resources, controllers: all).map(\.value) == ["max 5000"])
  }

  @Test("a limit without its controller is unenforceable by its own name")
  func unenforceable() {
    var period = RuntimeSpecification.Resources()
    period.cpu.period = 5000
    var memory = RuntimeSpecification.Resources()
    memory.memory.reservation = 1
    for (resources, path) in [(period, "linux.resources.cpu.period"), (memory, "linux.resources.memory.reservation")] {
      let error = #expect(throws: RuntimeError.self) { try ResourcePlanning.settings(resources, controllers: ["pids"]) }
      guard case .unenforceable(let named, _)? = error else {
        Issue.record("\(path): \(String(describing: error))")
        continue
      }
      #expect(named == path)
    }
    #expect(ResourcePlanning.enforceable(with: ["pids"]) == ["linux.resources.pids.limit"])
  }

  @Test(
    "no file of the hierarchy itself can be written",
    arguments: ["cgroup.procs", "cgroup.kill", "../memory.max", "a/b.c", ".x", "", "memory", "cgroup.subtree_control"]
  )
  func unified(_ file: String) {
    var resources = RuntimeSpecification.Resources()
    resources.unified = [file: "1"]
    #expect(throws: RuntimeError.self) { try ResourcePlanning.settings(resources, controllers: all) }
  }
}

@Suite("Device rules of a specification become a program, or are refused at their place")
struct DeviceControlTests {
  @Test("-1 and nothing are any number")
  func wildcards() throws {
    let rules = [
      RuntimeSpecification.DeviceRule(allow: true, type: "c", major: -1, minor: nil, access: "rw"),
      RuntimeSpecification.DeviceRule(allow: true, type: "c", access: "wr"),
    ]
    #expect(try DeviceControl.program([rules[0]]) == DeviceControl.program([rules[1]]))
  }

  @Test("what cannot be a rule")
  func refused() {
    let rules = [
      RuntimeSpecification.DeviceRule(allow: true, type: "x"),
      RuntimeSpecification.DeviceRule(allow: true, access: "rx"),
      RuntimeSpecification.DeviceRule(allow: true, major: -2),
      RuntimeSpecification.DeviceRule(allow: true, minor: 1 << 32),
    ]
    for rule in rules { #expect(throws: RuntimeError.self, "\(rule)") { try DeviceControl.program([rule]) } }
  }
}

@Suite("A sandbox's configuration becomes a plan, or is refused")
struct SandboxPlanningTests {
  private func plan(_ edit: (inout SandboxConfiguration) -> Void) throws {
    let id = try #require(SandboxID("pod"))
    var configuration = SandboxConfiguration(
      id: id,
      hostname: "host",
      logDirectory: "/logs",
      whenOwnerEnds: .keepRunning
    )
    edit(&configuration)
    _ = try SandboxPlanning.plan(configuration, PodDirectory(runDirectory: "/run", pod: "pod"))
  }

  @Test("kernel parameters only of namespaces that the sandbox has of its own")
  func sysctls() throws {
    try plan { $0.sysctls = ["net.ipv4.ip_forward": "1", "kernel.shmmax": "1", "fs.mqueue.msg_max": "5"] }
    let host = SandboxNamespaces(hostNetwork: true, hostIPC: true)
    for name in ["net.ipv4.ip_forward", "kernel.shmmax", "fs.mqueue.msg_max"] {
      #expect(throws: RuntimeError.self) {
        try plan {
          $0.namespaces = host
          $0.sysctls = [name: "1"]
        }
      }
    }
  }

  @Test(
    "what is no parameter, or no value of one",
    arguments: [
      ("kernel.core_pattern", "x"), ("net.ipv4.ip_forward", "1\nkernel.core_pattern=x"), ("net..x", "1"), (".net", "1"),
      ("net.", "1"), ("net/ipv4", "1"), ("net.ipv4/../../kernel", "1"), ("", "1"), ("NET.x", "1"), ("net.x\u{0}", "1"),
    ]
  )
  func hostile(_ name: String, _ value: String) {
    #expect(throws: RuntimeError.self) { try plan { $0.sysctls = [name: value] } }
  }

  @Test("a host name has at most 64 bytes")
  func hostname() throws {
    try plan { $0.hostname = String(repeating: "h", count: 64) }
    #expect(throws: RuntimeError.self) { try plan { $0.hostname = String(repeating: "h", count: 65) } }
    #expect(throws: RuntimeError.self) { try plan { $0.hostname = "a\u{0}b" } }
  }
}
