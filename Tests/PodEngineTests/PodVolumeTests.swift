import Glibc
import Linux
import PodLogic
import PodModel
import RuntimeAPI
import RuntimeTestKit
import Testing

@testable import PodEngine

@Suite("A pod's volumes are there before its containers, or it waits for them", .timeLimit(.minutes(1)))
struct PodVolumeTests {
  private func pod(_ volumes: [Volume], _ mounts: [VolumeMount] = []) -> Pod {
    var pod = Pod.test("app")
    pod.spec.volumes = volumes
    pod.spec.containers[0].volumeMounts = mounts
    return pod
  }

  @Test("A volume that cannot be made is told, everything is taken back, and it is tried again until it can")
  func retried() async throws {
    let bench = try Bench()
    defer { bench.clean() }
    let path = bench.root + "/later"
    let volumes = [
      Volume(name: "disk", source: .emptyDir(EmptyDirVolume())),
      Volume(name: "host", source: .hostPath(HostPathVolume(path: path, type: .directory))),
    ]
    let pod = try await bench.accept(pod(volumes, [VolumeMount(name: "host", mountPath: "/host")]))
    let message =
      "MountVolume.SetUp failed for volume \"host\" : hostPath type check failed: \(path) is not a directory: "
      + "there is nothing"
    for attempt in 1...2 {
      await pod.until { updates in updates.notices.count { $0.reason == "FailedMount" } == attempt }
      await pod.untilStatus { $0["app"]?.waitingReason == "ContainerCreating" }
      #expect(pod.updates.notices.last { $0.reason == "FailedMount" }?.message == message)
      #expect(pod.updates.notices.last { $0.reason == "FailedMount" }?.isWarning == true)
      #expect(bench.network.taken.isEmpty, "nothing was made that has an address")
      if attempt == 2 { try makeDirectory(AT_FDCWD, path) }
      bench.clock.advance(by: .seconds(10))
    }
    await pod.untilRunning()
    let sandbox = try #require(SandboxID("u-1"))
    let calls = await bench.runtime.calls
    #expect(
      calls.prefix(5) == [
        .createSandbox(sandbox), .removeSandbox(sandbox), .createSandbox(sandbox), .removeSandbox(sandbox),
        .createSandbox(sandbox),
      ]
    )
    let bound = await bench.runtime.configurations.values.first?.specification.mounts.first {
      $0.destination == "/host"
    }
    #expect(bound?.source == path)
    pod.handle.kill()
    _ = await pod.untilFinished()
    try await pod.handle.discard()
  }

  @Test("Each volume of an object that is not there is told by its name")
  func missingObject() async throws {
    let bench = try Bench()
    defer { bench.clean() }
    let pod = try await bench.accept(pod([Volume(name: "keys", source: .secret(KeyedVolume(name: "none")))]))
    await pod.until { !$0.notices.isEmpty }
    #expect(
      pod.updates.notices.first?.message == "MountVolume.SetUp failed for volume \"keys\" : secret \"none\" not found"
    )
    #expect(await bench.runtime.configurations.isEmpty)
    pod.handle.kill()
    _ = await pod.untilFinished()
  }

  @Test("An emptyDir on disk is everybody's, and goes with the pod")
  func disk() async throws {
    let bench = try Bench()
    defer { bench.clean() }
    let volumes = [Volume(name: "disk", source: .emptyDir(EmptyDirVolume()))]
    let pod = try await bench.accept(pod(volumes, [VolumeMount(name: "disk", mountPath: "/disk")]))
    await pod.untilRunning()
    var status = stat()
    try check("lstat") { lstat(bench.root + "/state/pods/u-1/volumes/disk", &status) }
    #expect(status.st_mode == S_IFDIR | 0o777)
    pod.handle.kill()
    _ = await pod.untilFinished()
    try await pod.handle.discard()
    #expect(bench.files().filter { $0.contains("u-1") && !$0.contains("run/") } == [])
  }

  @Test(
    "A filesystem in memory is as large as it may be, or as what all containers may use, whichever is less",
    arguments: [
      (nil, ["64Mi", "64Mi"], [], 128), ("32Mi", ["64Mi", "64Mi"], [], 32), ("1Gi", ["64Mi", "64Mi"], [], 128),
      ("0", ["64Mi"], [], 64), ("0", [nil], [], nil), (nil, ["64Mi", nil], [], nil), ("2Mi", [nil], [], 2),
      (nil, ["64Mi"], [("16Mi", false), ("256Mi", false)], 256), (nil, ["64Mi"], [("16Mi", true)], 80),
      (nil, ["64Mi"], [("16Mi", true), ("60Mi", false)], 80), (nil, ["64Mi"], [("16Mi", true), ("65Mi", false)], 81),
      (nil, ["64Mi"], [(nil, false)], nil), (nil, ["8E", "8E"], [], Int64.max >> 20),
    ] as [(String?, [String?], [(String?, Bool)], Int64?)]
  )
  func memorySize(_ limit: String?, _ containers: [String?], _ initial: [(String?, Bool)], _ expected: Int64?) throws {
    func container(_ limit: String?, isSidecar: Bool = false, _ name: String) throws -> Container {
      var container = Container(name: name, image: "i")
      container.resources.limits.memory = try limit.map { try Quantity(parsing: $0) }
      if isSidecar { container.restartPolicy = .always }
      return container
    }
    var spec = PodSpec(containers: try containers.enumerated().map { try container($1, "c\($0)") })
    spec.initContainers = try initial.enumerated().map { try container($1.0, isSidecar: $1.1, "i\($0)") }
    let volume = EmptyDirVolume(medium: .memory, sizeLimit: try limit.map { try Quantity(parsing: $0) })
    #expect(spec.memorySize(of: volume).map { $0 >> 20 } == expected)
  }
}
