import Images
import PodModel
import Privileges
import RuntimeAPI
import RuntimeTestKit
import Testing

@testable import PodEngine

@Suite("A pod becomes exactly this configuration")
struct TranslationTests {
  private func blueprint(
    _ pod: Pod = .test("app"),
    image: ImageConfiguration = ImageConfiguration(entrypoint: ["/app"], cmd: ["serve"]),
    limits: LimitPolicy = LimitPolicy(enforceable: FakeRuntime.allLimits, bestEffort: false)
  ) throws -> ContainerBlueprint {
    let directories = PodDirectories(state: "/s", run: "/r")
    let id = try #require(SandboxID("u-1").flatMap { ContainerID(sandbox: $0, name: "app", attempt: 2) })
    let container = try #require(pod.spec.containers.first)
    let facts = PodFacts(pod: pod, addresses: [], host: .test)
    return ContainerBlueprint(
      pod: pod,
      container: container,
      id: id,
      image: image,
      layers: ["/l/1", "/l/2"],
      environment: try ResolvedEnvironment(container, EnvironmentSources(), facts),
      user: try ResolvedUser(UserRequest(imageUser: "1000:2000"), in: AccountFiles()),
      host: .test,
      paths: directories.paths(pod, container: "app", attempt: 2),
      sharedMemoryPath: "/r/shm",
      limits: limits
    )
  }

  private func specification(_ pod: Pod = .test("app")) throws -> RuntimeSpecification {
    try ContainerTranslation(try blueprint(pod)).configuration.specification
  }

  private func lines(_ mounts: [RuntimeSpecification.Mount]) -> [String] {
    mounts.map { "\($0.destination) \($0.type) \($0.source) \($0.options.joined(separator: ","))" }
  }

  @Test("Mounts of a container that says nothing")
  func mounts() throws {
    #expect(
      lines(try specification().mounts) == [
        "/proc proc proc nosuid,noexec,nodev",
        "/dev tmpfs tmpfs nosuid,strictatime,mode=755,size=65536k",
        "/dev/pts devpts devpts nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5",
        "/dev/shm bind /r/shm bind,rw,nosuid,noexec,nodev",
        "/dev/mqueue mqueue mqueue nosuid,noexec,nodev",
        "/sys sysfs sysfs nosuid,noexec,nodev,ro",
        "/sys/fs/cgroup cgroup2 cgroup ro,nosuid,noexec,nodev",
        "/etc/hosts bind /r/pods/u-1/files/hosts bind,rw,nosuid,nodev,noexec",
        "/etc/hostname bind /r/pods/u-1/files/hostname bind,rw,nosuid,nodev,noexec",
        "/etc/resolv.conf bind /r/pods/u-1/files/resolv.conf bind,rw,nosuid,nodev,noexec",
        "/dev/termination-log bind /s/pods/u-1/app.2/termination-log bind,rw,nosuid,nodev,noexec",
      ]
    )
  }

  @Test("A read-only root makes the generated files read-only, the termination log stays writable")
  func readOnly() throws {
    var pod = Pod.test("app")
    pod.spec.containers[0].securityContext.readOnlyRootFilesystem = true
    pod.spec.containers[0].terminationMessagePath = "/tmp/words"
    let specification = try specification(pod)
    #expect(specification.root.readonly)
    #expect(
      lines(specification.mounts).suffix(4) == [
        "/etc/hosts bind /r/pods/u-1/files/hosts bind,ro,nosuid,nodev,noexec",
        "/etc/hostname bind /r/pods/u-1/files/hostname bind,ro,nosuid,nodev,noexec",
        "/etc/resolv.conf bind /r/pods/u-1/files/resolv.conf bind,ro,nosuid,nodev,noexec",
        "/tmp/words bind /s/pods/u-1/app.2/termination-log bind,rw,nosuid,nodev,noexec",
      ]
    )
  }

  @Test("The process of a container that says nothing")
  func process() throws {
    let process = try specification().process
    let nine = [
      "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID",
      "CAP_SETPCAP", "CAP_NET_BIND_SERVICE",
    ]
    #expect(process.args == ["/app", "serve"])
    #expect(process.cwd == "/")
    #expect(
      process.env == [
        "HOSTNAME=web", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/",
      ]
    )
    #expect(process.user == .init(uid: 1000, gid: 2000, umask: 0o022, additionalGids: [2000]))
    #expect(process.capabilities == .init(bounding: nine, effective: nine, permitted: nine))
    #expect(
      process.rlimits == [
        .init(type: "RLIMIT_NOFILE", soft: 1024, hard: 524_288), .init(type: "RLIMIT_CORE", soft: 0, hard: 0),
      ]
    )
    #expect(!process.noNewPrivileges)
    #expect(process.oomScoreAdj == 1000)
  }

  @Test("The Linux section of a container that says nothing")
  func linux() throws {
    let linux = try specification().linux
    #expect(linux.namespaces.map(\.type) == [.pid, .mount, .cgroup])
    #expect(linux.devices.isEmpty)
    #expect(
      linux.maskedPaths == [
        "/proc/asound", "/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
        "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware",
        "/sys/devices/virtual/powercap", "/sys/devices/system/cpu/cpu0/thermal_throttle",
      ]
    )
    #expect(linux.readonlyPaths == ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"])
    #expect(linux.resources.pids.limit == 4096)
    #expect(linux.resources.cpu == .init(shares: 2))
    #expect(linux.resources.memory == .init())
    #expect(linux.resources.unified == ["memory.oom.group": "1"])
    #expect(
      linux.resources.devices.map { rule in
        let numbers = [rule.major, rule.minor].map { $0.map(String.init) ?? "*" }.joined(separator: ":")
        return "\(rule.allow ? "allow" : "deny") \(rule.type) \(numbers) \(rule.access)"
      } == [
        "deny a *:* rwm", "allow c 1:3 rwm", "allow c 1:5 rwm", "allow c 1:7 rwm", "allow c 1:8 rwm", "allow c 1:9 rwm",
        "allow c 5:0 rwm", "allow c 5:1 rwm", "allow c 5:2 rwm", "allow c 136:* rwm",
      ]
    )
    #expect(linux.seccomp?.defaultAction == .errno)
    #expect(linux.seccomp?.syscalls.isEmpty == false)
    #expect(linux.sysctl.isEmpty)
  }

  @Test("A privileged container has all of it and nothing hidden")
  func privileged() throws {
    var pod = Pod.test("app")
    pod.spec.containers[0].securityContext.privileged = true
    var blueprint = try blueprint(pod)
    blueprint.host.devices = [.init(type: "c", path: "/dev/kvm", major: 10, minor: 232)]
    let specification = try ContainerTranslation(blueprint).configuration.specification
    #expect(specification.process.capabilities.effective.count == 41)
    #expect(specification.linux.seccomp == nil)
    #expect(specification.linux.maskedPaths.isEmpty && specification.linux.readonlyPaths.isEmpty)
    #expect(specification.linux.devices.map(\.path) == ["/dev/kvm"])
    #expect(specification.linux.resources.devices == [.init(allow: true)])
    #expect(
      lines(specification.mounts)[5...6] == [
        "/sys sysfs sysfs nosuid,noexec,nodev,rw", "/sys/fs/cgroup cgroup2 cgroup rw,nosuid,noexec,nodev",
      ]
    )
  }

  @Test("Security settings of pod and container")
  func security() throws {
    var pod = Pod.test("app")
    pod.spec.securityContext.seccompProfile = .unconfined
    #expect(try specification(pod).linux.seccomp == nil)
    pod.spec.containers[0].securityContext.seccompProfile = .runtimeDefault
    #expect(try specification(pod).linux.seccomp != nil)
    pod.spec.containers[0].securityContext.allowPrivilegeEscalation = false
    pod.spec.containers[0].securityContext.capabilities = Capabilities(add: ["MKNOD"], drop: ["ALL"])
    let specification = try specification(pod)
    #expect(specification.process.noNewPrivileges)
    #expect(specification.process.capabilities.bounding == ["CAP_MKNOD"])
    #expect(specification.linux.resources.devices[1...2].map(\.access) == ["m", "m"])
    pod.spec.containers[0].securityContext.capabilities = Capabilities(add: ["NOPE"])
    #expect(throws: ConfigurationError.self) { try ContainerTranslation(try blueprint(pod)) }
  }

  @Test("Shared processes and the host's are not the container's own", arguments: [true, false])
  func processes(shared: Bool) throws {
    var pod = Pod.test("app")
    pod.spec.shareProcessNamespace = shared
    pod.spec.hostPID = !shared
    #expect(try specification(pod).linux.namespaces.map(\.type) == [.mount, .cgroup])
  }

  @Test(
    "Command, args, entrypoint and cmd",
    arguments: [
      ([], [], ["/e", "x"], ["c"], ["/e", "x", "c"]), (["k"], [], ["/e"], ["c"], ["k"]),
      ([], ["a"], ["/e"], ["c"], ["/e", "a"]), (["k"], ["a"], ["/e"], ["c"], ["k", "a"]),
      ([], [], nil, ["c"], ["c"]), ([], ["a"], nil, ["c"], ["a"]), (["$(V)"], ["$(V)$$(V)"], nil, nil, ["1", "1$(V)"]),
    ] as [([String], [String], [String]?, [String]?, [String])]
  )
  func arguments(
    command: [String],
    args: [String],
    entrypoint: [String]?,
    cmd: [String]?,
    expected: [String]
  ) throws {
    var pod = Pod.test("app")
    pod.spec.containers[0].command = command
    pod.spec.containers[0].args = args
    pod.spec.containers[0].env = [EnvironmentVariable(name: "V", value: "1")]
    let image = ImageConfiguration(entrypoint: entrypoint, cmd: cmd)
    let translation = try ContainerTranslation(try blueprint(pod, image: image))
    #expect(translation.configuration.specification.process.args == expected)
  }

  @Test("A container without any program is refused by the field's name")
  func noProgram() throws {
    let error = #expect(throws: ConfigurationError.self) {
      try ContainerTranslation(try blueprint(image: ImageConfiguration()))
    }
    #expect(error?.field == "spec.containers[app].command")
    #expect(error?.problem.hasPrefix("no command specified") == true)
  }

  @Test("The rest of the configuration")
  func configuration() throws {
    var pod = Pod.test("app")
    pod.spec.containers[0].stdin = true
    let image = ImageConfiguration(entrypoint: ["/app"], workingDir: "/srv", stopSignal: "SIGQUIT")
    let configuration = try ContainerTranslation(try blueprint(pod, image: image)).configuration
    #expect(configuration.streams.logFile == "app/2.log")
    #expect(configuration.streams.stdin)
    #expect(configuration.stopSignal == 3)
    #expect(configuration.specification.process.cwd == "/srv")
    #expect(
      configuration.rootFilesystem
        == .overlay(layers: ["/l/1", "/l/2"], upper: "/s/pods/u-1/app.2/u", work: "/s/pods/u-1/app.2/w")
    )
  }

  @Test(
    "Limits of the machine bound what only we default",
    arguments: [(UInt64(20_000), 0), (512, -500)]
  )
  func hostLimits(files: UInt64, score: Int) throws {
    var blueprint = try blueprint(limits: LimitPolicy(enforceable: [], bestEffort: false))
    blueprint.host.maximumOpenFiles = files
    blueprint.host.leastOOMScoreAdj = score
    blueprint.pod.spec.containers[0].resources.limits = ResourceList(cpu: Quantity(1), memory: Quantity(1 << 20))
    let specification = try ContainerTranslation(blueprint).configuration.specification
    #expect(specification.process.rlimits[0] == .init(type: "RLIMIT_NOFILE", soft: min(1024, files), hard: files))
    #expect(specification.process.oomScoreAdj == score)
    #expect(specification.linux.resources.pids.limit == nil)
    #expect(specification.linux.resources.unified.isEmpty)
  }
}
