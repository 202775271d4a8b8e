import Images
import PodModel
import RuntimeAPI
import RuntimeTestKit
import Testing

@testable import PodEngine

@Suite("A container's volumeMounts become its mounts", .timeLimit(.minutes(1)))
struct ContainerVolumeTests {
  /// A container whose pod has a disk volume `data` and one of values, `config`, in a sandbox that is there.
  private func run(_ bench: Bench, _ mounts: [VolumeMount]) async throws -> ContainerRun {
    var pod = Pod.test("app")
    pod.spec.containers[0].volumeMounts = mounts
    pod.spec.containers[0].env = [EnvironmentVariable(name: "WHO", value: "me")]
    let sandbox = try #require(SandboxID("u-1"))
    var resources = PodResources()
    resources.sharedMemoryPath = "/r/shm"
    resources.volumes = [
      "data": PodVolume(source: "/v/data"), "config": PodVolume(source: "/m/values/config", isReadOnly: true),
    ]
    resources.images["app"] = UsableImage(name: "app:1", id: "x", layers: [], configuration: .program)
    _ = try await bench.runtime.createSandbox(
      SandboxConfiguration(
        id: sandbox,
        hostname: "web",
        logDirectory: "\(bench.root)/logs",
        whenOwnerEnds: .keepRunning
      )
    )
    let ports = PodEngine.Ports(
      runtime: bench.runtime,
      images: bench.images,
      ledger: bench.ledger,
      clock: VirtualClock(clock: bench.clock)
    )
    let runner = ActionRunner(pod: pod, sandbox: sandbox, ports: ports, settings: bench.settings)
    let id = try #require(ContainerID(sandbox: sandbox, name: "app", attempt: 2))
    return ContainerRun(runner: runner, container: pod.spec.containers[0], id: id, resources: resources)
  }

  private func mounts(_ mounts: [VolumeMount], _ change: (inout ContainerBlueprint) -> Void = { _ in }) async throws
    -> [String]
  {
    let bench = try Bench()
    defer { bench.clean() }
    let run = try await run(bench, mounts)
    let environment = try await run.environment()
    var blueprint = try run.blueprint(environment, try await run.containerVolumes(environment))
    change(&blueprint)
    return try ContainerTranslation(blueprint).configuration.specification.mounts
      .map { "\($0.destination) \($0.source) \($0.options.joined(separator: ","))" }
  }

  private func refusal(_ mount: VolumeMount) async throws -> String? {
    let bench = try Bench()
    defer { bench.clean() }
    let run = try await run(bench, [mount])
    let environment = try await run.environment()
    return await #expect(throws: ConfigurationError.self) { try await run.containerVolumes(environment) }?.description
  }

  @Test("Those nearer to the root come first, between what the kernel has and the generated files")
  func order() async throws {
    let lines = try await mounts([
      VolumeMount(name: "data", mountPath: "/a/b/c"), VolumeMount(name: "config", mountPath: "/a/b/"),
      VolumeMount(name: "data", mountPath: "//z/./y/..", readOnly: true), VolumeMount(name: "data", mountPath: "/b/c"),
    ])
    let own = lines.filter { $0.contains(" /v/") || $0.contains(" /m/") }
    #expect(
      own == [
        "/z /v/data rbind,ro,nodev", "/a/b /m/values/config rbind,ro,nodev", "/b/c /v/data rbind,rw,nodev",
        "/a/b/c /v/data rbind,rw,nodev",
      ]
    )
    let first = try #require(lines.firstIndex(of: own[0]))
    #expect(Array(lines[first..<first + own.count]) == own)
    #expect(lines[first - 1].hasPrefix("/sys/fs/cgroup "))
    #expect(lines[first + own.count].hasPrefix("/etc/hosts "))
  }

  @Test("A volume of values is read-only whatever the mount says, any other one if it says so")
  func readOnly() async throws {
    let lines = try await mounts([
      VolumeMount(name: "config", mountPath: "/config", readOnly: false),
      VolumeMount(name: "data", mountPath: "/data"), VolumeMount(name: "data", mountPath: "/read", readOnly: true),
    ])
    for line in [
      "/config /m/values/config rbind,ro,nodev", "/data /v/data rbind,rw,nodev", "/read /v/data rbind,ro,nodev",
    ] {
      #expect(lines.contains(line), "\(lines)")
    }
  }

  @Test(
    "A volume takes the place of what would be there otherwise, however its path is written",
    arguments: ["/dev/shm", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/dev/termination-log", "/dev/mqueue"]
  )
  func replaces(_ path: String) async throws {
    for written in [path, path + "/", "/x/.." + path] {
      let there = try await mounts([VolumeMount(name: "data", mountPath: written)])
        .filter { $0.hasPrefix(path + " ") }
      #expect(there == ["\(path) /v/data rbind,rw,nodev"], "\(written)")
    }
  }

  @Test("Only a privileged container can use devices in a volume")
  func privileged() async throws {
    let lines = try await mounts([VolumeMount(name: "data", mountPath: "/data")]) {
      $0.container.securityContext.privileged = true
    }
    #expect(lines.contains("/data /v/data rbind,rw"))
  }

  @Test("A subPath is bound from a mount made for this attempt, which goes with it")
  func subPath() async throws {
    let bench = try Bench()
    defer { bench.clean() }
    var (plain, expression) = (
      VolumeMount(name: "data", mountPath: "/plain"), VolumeMount(name: "data", mountPath: "/expression")
    )
    plain.subPath = "a/b"
    expression.subPathExpr = "logs/$(WHO)"
    let run = try await run(bench, [plain, VolumeMount(name: "data", mountPath: "/whole"), expression])
    let volumes = try await run.containerVolumes(try await run.environment())
    #expect(volumes.map(\.source) == ["/mounts/app.2.0", "/v/data", "/mounts/app.2.2"])
    #expect(volumes.map(\.ownMount) == ["app.2.0", nil, "app.2.2"])
    #expect(await bench.runtime.mounts[run.id.sandbox] == ["app.2.0", "app.2.2"])
    #expect(await bench.runtime.subPaths == ["a/b of /v/data", "logs/me of /v/data"])
    await run.removeOwnMounts()
    #expect(await bench.runtime.mounts[run.id.sandbox] == [])
  }

  @Test(
    "Expressions that do not become a path in the volume are refused",
    arguments: [
      ("$(NONE)", "$(NONE)"), ("../$(WHO)", "../me"), ("/$(WHO)", "/me"), ("a/$(WHO)/../..", "a/me/../.."),
    ]
  )
  func expressions(_ expression: String, _ result: String) async throws {
    var mount = VolumeMount(name: "data", mountPath: "/data")
    mount.subPathExpr = expression
    #expect(
      try await refusal(mount) == "spec.containers[app].volumeMounts[0].subPathExpr: \(expression) became \(result): "
        + "a relative path without .. was expected, of variables that are set"
    )
  }

  @Test("The kernel's own places are refused", arguments: ["/", "/proc", "/sys", "/dev", "/x/../proc/", "//dev/."])
  func kernelPlaces(_ path: String) async throws {
    #expect(
      try await refusal(VolumeMount(name: "data", mountPath: path))
        == "spec.containers[app].volumeMounts[0].mountPath: "
        + "\(ImageVolumes.normalised(path)) cannot be mounted over; choose a directory below it"
    )
  }

  @Test("A volume that the pod does not have is named")
  func unknown() async throws {
    #expect(
      try await refusal(VolumeMount(name: "none", mountPath: "/x"))
        == "spec.containers[app].volumeMounts[0].name: the pod has no volume of the name none"
    )
  }
}
