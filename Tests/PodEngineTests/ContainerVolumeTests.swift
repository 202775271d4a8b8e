import CLinux
import Glibc
import Images
import Linux
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
        "/z /v/data rbind,ro,rprivate,rnodev", "/a/b /m/values/config rbind,rro,rprivate,rnodev",
        "/b/c /v/data rbind,rw,rprivate,rnodev",
        "/a/b/c /v/data rbind,rw,rprivate,rnodev",
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
      "/config /m/values/config rbind,rro,rprivate,rnodev", "/data /v/data rbind,rw,rprivate,rnodev",
      "/read /v/data rbind,ro,rprivate,rnodev",
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
      #expect(there == ["\(path) /v/data rbind,rw,rprivate,rnodev"], "\(written)")
    }
  }

  @Test("A volume at /sys is all of it, as agents that watch the host want it")
  func sysfs() async throws {
    let lines = try await mounts([VolumeMount(name: "data", mountPath: "/sys/", readOnly: true)])
    #expect(lines.filter { $0.hasPrefix("/sys") } == ["/sys /v/data rbind,ro,rprivate,rnodev"])
    let below = try await mounts([VolumeMount(name: "data", mountPath: "/sys/fs")]).map { $0.split(separator: " ")[0] }
    #expect(below.filter { $0.hasPrefix("/sys") } == ["/sys", "/sys/fs"])
  }

  @Test("Only a privileged container can use devices in a volume")
  func privileged() async throws {
    let lines = try await mounts([VolumeMount(name: "data", mountPath: "/data")]) {
      $0.container.securityContext.privileged = true
    }
    #expect(lines.contains("/data /v/data rbind,rw,rprivate"))
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

  @Test(
    "The kernel's own places are refused",
    arguments: [
      "/", "/proc", "/dev", "/x/../proc/", "//dev/.", "/proc/sys", "/proc/self/attr", "/proc/x/../1/",
    ]
  )
  func kernelPlaces(_ path: String) async throws {
    let refusal = try await refusal(VolumeMount(name: "data", mountPath: path))
    let start = "spec.containers[app].volumeMounts[0].mountPath: \(MountPath.normalised(path)) must not be "
    #expect(refusal?.hasPrefix(start) == true, "\(refusal ?? "")")
  }

  @Test("Files of /proc that are figures only can be covered, and places whose names begin alike")
  func figures() async throws {
    for path in ["/proc/meminfo", "/proc/cpuinfo", "/process", "/proc.d/x", "/sys/x", "/dev/x"] {
      #expect(
        try await mounts([VolumeMount(name: "data", mountPath: path)]).contains { $0.hasPrefix("\(path) /v/data") }
      )
    }
  }

  @Test("What the host mounts later arrives where that is asked for")
  func propagation() async throws {
    var lines: [String] = []
    for mode in [nil, VolumeMount.Propagation.none, .hostToContainer] {
      var mount = VolumeMount(name: "data", mountPath: "/data")
      mount.mountPropagation = mode
      lines += try await mounts([mount]).filter { $0.hasPrefix("/data ") }
    }
    #expect(lines == ["rprivate", "rprivate", "rslave"].map { "/data /v/data rbind,rw,\($0),rnodev" })
  }

  @Test(
    "From a mount of the host that passes none on, none can arrive: that is refused with what to do",
    .enabled(if: geteuid() == 0)
  )
  func privateMount() async throws {
    let bench = try Bench()
    defer { bench.clean() }
    let path = bench.root + "/volume"
    try makeDirectory(AT_FDCWD, path)
    let memory = try makeDetachedFilesystem("tmpfs", [], [])
    let target = try openAt(AT_FDCWD, path, openPathOnly)
    try attachMount(memory.raw, to: target.raw)
    defer { lx_umount2(path, Int32(LX_UMOUNT_DETACH)) }
    var mount = VolumeMount(name: "host", mountPath: "/data")
    mount.mountPropagation = .hostToContainer
    let plain = try await run(bench, [mount])
    var resources = plain.resources
    resources.volumes["host"] = PodVolume(source: path, isOnHost: true)
    let run = ContainerRun(runner: plain.runner, container: plain.container, id: plain.id, resources: resources)
    let environment = try await run.environment()
    for (propagation, isRefused) in [(Propagation.isPrivate, true), (.shared, false)] {
      try setMountAttributes(memory.raw, propagation: propagation)
      do throws(ConfigurationError) {
        _ = try await run.containerVolumes(environment)
        #expect(!isRefused)
      } catch {
        #expect(isRefused)
        #expect(
          error.description
            == "spec.containers[app].volumeMounts[0].mountPropagation: \(path) is on the mount \(path), which "
            + "is private, so that later mounts would never appear; run `mount --make-rshared \(path)` on the host before the "
            + "pod starts, or take None"
        )
      }
    }
  }

  @Test("What is mounted below a read-only volume is read-only only where that is asked for")
  func recursive() async throws {
    var lines: [String] = []
    for mode in [nil, .disabled, .ifPossible, .enabled] as [VolumeMount.RecursiveReadOnly?] {
      var mount = VolumeMount(name: "data", mountPath: "/data", readOnly: true)
      mount.recursiveReadOnly = mode
      lines += try await mounts([mount]).filter { $0.hasPrefix("/data ") }
    }
    #expect(lines == ["ro", "ro", "rro", "rro"].map { "/data /v/data rbind,\($0),rprivate,rnodev" })
  }

  @Test("A volume that the pod does not have is named")
  func unknown() async throws {
    #expect(
      try await refusal(VolumeMount(name: "none", mountPath: "/x"))
        == "spec.containers[app].volumeMounts[0].name: the pod has no volume of the name none"
    )
  }
}
