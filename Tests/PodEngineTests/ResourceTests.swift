import PodModel
import RuntimeAPI
import RuntimeTestKit
import Testing

@testable import PodEngine

@Suite("Resources become what the kubelet makes of them")
struct ResourceTests {
  private func translate(
    requests: (String?, String?) = (nil, nil),
    limits: (String?, String?) = (nil, nil),
    enforceable: Set<String> = FakeRuntime.allLimits,
    bestEffort: Bool = false
  ) throws -> ResourceTranslation {
    func list(_ texts: (String?, String?)) throws -> ResourceList {
      ResourceList(cpu: try texts.0.map(Quantity.init(parsing:)), memory: try texts.1.map(Quantity.init(parsing:)))
    }
    var container = Container(name: "app", image: "app:1")
    container.resources = ResourceRequirements(requests: try list(requests), limits: try list(limits))
    return try ResourceTranslation(
      container,
      field: "c",
      LimitPolicy(enforceable: enforceable, bestEffort: bestEffort)
    )
  }

  @Test(
    "Requests become weights",
    arguments: [("1", 1024), ("500m", 512), ("1m", 2), ("0", 2), ("1000", 262_144)]
  )
  func shares(request: String, shares: UInt64) throws {
    #expect(try translate(requests: (request, nil)).resources.cpu.shares == shares)
    #expect(try translate(limits: (request, nil)).resources.cpu.shares == shares)
  }

  @Test("Limits become quotas", arguments: [("1", 100_000), ("500m", 50_000), ("1m", 1000), ("2500m", 250_000)])
  func quota(limit: String, quota: Int64) throws {
    let cpu = try translate(limits: (limit, nil)).resources.cpu
    #expect(cpu.quota == quota)
    #expect(cpu.period == 100_000)
    #expect(try translate(requests: (limit, nil)).resources.cpu.quota == nil)
  }

  @Test("Memory limits become bytes, and requests nothing in the kernel")
  func memory() throws {
    #expect(try translate(limits: (nil, "128Mi")).resources.memory.limit == 128 << 20)
    #expect(try translate(requests: (nil, "128Mi")).resources.memory.limit == nil)
    #expect(try translate(limits: (nil, "0")).resources.memory.limit == nil)
    // What is above a limit must not go to the disk.
    #expect(try translate(limits: (nil, "128Mi")).resources.unified["memory.swap.max"] == "0")
    #expect(try translate(requests: (nil, "128Mi")).resources.unified["memory.swap.max"] == nil)
    let withoutSwap = FakeRuntime.allLimits.subtracting(["linux.resources.unified.memory.swap.max"])
    #expect(try translate(limits: (nil, "128Mi"), enforceable: withoutSwap).resources.unified["memory.swap.max"] == nil)
  }

  @Test(
    "What cannot be enforced is refused by its field, or dropped with its name",
    arguments: [
      (("1", nil), (nil, nil), ["c.resources.requests.cpu"]),
      ((nil, nil), ("1", nil), ["c.resources.requests.cpu", "c.resources.limits.cpu"]),
      ((nil, nil), (nil, "1Gi"), ["c.resources.limits.memory"]), ((nil, "1Gi"), (nil, nil), []),
    ] as [((String?, String?), (String?, String?), [String])]
  )
  func unenforceable(requests: (String?, String?), limits: (String?, String?), fields: [String]) throws {
    let dropped = try translate(requests: requests, limits: limits, enforceable: [], bestEffort: true).dropped
    #expect(dropped.map(\.field) == fields)
    if fields.isEmpty {
      #expect(throws: Never.self) { try translate(requests: requests, limits: limits, enforceable: []) }
    } else {
      let error = #expect(throws: ConfigurationError.self) {
        try translate(requests: requests, limits: limits, enforceable: [])
      }
      #expect(error?.field == fields.first)
    }
  }

  @Test(
    "Sysctls: safe ones of the pod's own namespaces only",
    arguments: [
      ("net.ipv4.tcp_syncookies", false, false, true), ("net/ipv4/tcp_syncookies", false, false, true),
      ("net.ipv4.tcp_syncookies", true, false, false), ("kernel.shm_rmid_forced", false, false, true),
      ("kernel.shm_rmid_forced", false, true, false), ("kernel.msgmax", false, false, false),
      ("net.core.somaxconn", false, false, false), ("vm.swappiness", false, false, false),
    ]
  )
  func sysctls(name: String, hostNetwork: Bool, hostIPC: Bool, isAllowed: Bool) throws {
    var spec = Pod.test("app").spec
    (spec.hostNetwork, spec.hostIPC) = (hostNetwork, hostIPC)
    spec.securityContext.sysctls = [Sysctl(name: name, value: "1")]
    if isAllowed {
      let values = try Sysctls.resolve(spec)
      #expect(values[Sysctls.dotted(name)] == "1")
      #expect(values["net.ipv4.ip_unprivileged_port_start"] == "0")
      #expect(values["net.ipv4.ping_group_range"] == "0 2147483647")
    } else {
      let error = #expect(throws: ConfigurationError.self) { try Sysctls.resolve(spec) }
      #expect(error?.field == "spec.securityContext.sysctls[\(name)]")
    }
  }

  @Test("A pod on the host's network changes no sysctl")
  func hostNetwork() throws {
    var spec = Pod.test("app").spec
    spec.hostNetwork = true
    #expect(try Sysctls.resolve(spec).isEmpty)
  }
}

@Suite("Facts about processors")
struct ProcessorTests {
  @Test(
    "Lists of processors",
    arguments: [("0", [0]), ("0-2,7", [0, 1, 2, 7]), ("", []), ("2-1", []), ("0-99999", [])]
  )
  func processors(text: String, numbers: [Int]) {
    #expect(ProcessorList.numbers(text) == numbers)
  }
}
