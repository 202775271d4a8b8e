import PodModel

/// Pods that a manifest can describe, with everything that the model has.
struct RandomPod {
  private var random: SeededGenerator
  /// What the pod names, to stand beside it.
  private(set) var configMap = ConfigMap(metadata: ObjectMeta(name: "settings"))
  private(set) var secret = Secret(metadata: ObjectMeta(name: "password"))

  init(seed: UInt64) {
    random = SeededGenerator(state: seed)
    configMap.data = ["a": "1", "b.txt": "two\nlines", "": ""].filter { !$0.key.isEmpty }
    configMap.binaryData = ["c": [0, 255]]
    secret.data = ["user": Array("root".utf8), "key": [0, 1, 2]]
  }

  private mutating func chance() -> Bool { Bool.random(using: &random) }

  private mutating func maybe<Value>(_ value: Value) -> Value? { chance() ? value : nil }

  private mutating func pick<Value>(_ values: [Value]) -> Value {
    values[Int.random(in: 0..<values.count, using: &random)]
  }

  private mutating func pick<Value: CaseIterable>(_ type: Value.Type) -> Value { pick(Array(type.allCases)) }

  mutating func pod() -> Pod {
    var spec = PodSpec(containers: [])
    spec.os = .linux
    spec.terminationGracePeriodSeconds = 40
    spec.volumes = volumes()
    spec.containers = (0...Int.random(in: 0...2, using: &random)).map { container("main-\($0)", spec) }
    spec.initContainers = (0..<Int.random(in: 0...2, using: &random)).map { index in
      var container = container("init-\(index)", spec)
      container.restartPolicy = maybe(.always)
      if container.restartPolicy == nil { container.lifecycle = nil }
      return container
    }
    spec.restartPolicy = pick(RestartPolicy.self)
    spec.activeDeadlineSeconds = maybe(600)
    names(&spec)
    spec.withoutEffect = chance() ? ["nodeName": .string("n"), "priority": .integer(1)] : [:]
    return Pod(
      metadata: ObjectMeta(name: "web", uid: maybe("u-1"), labels: chance() ? ["app": "web"] : [:]),
      spec: spec
    )
  }

  private mutating func names(_ spec: inout PodSpec) {
    spec.dnsPolicy = pick(DNSPolicy.self)
    if spec.dnsPolicy == .none || chance() {
      var config = PodDNSConfig()
      config.nameservers = ["10.0.0.1", "fd00::1"]
      config.searches = chance() ? ["example.com", "_tcp.a."] : []
      config.options = chance() ? [.init(name: "ndots", value: "2"), .init(name: "edns0")] : []
      spec.dnsConfig = config
    }
    if chance() { spec.hostAliases = [HostAlias(ip: "10.0.0.2", hostnames: ["db", "db.example"])] }
    spec.hostname = maybe("host")
    spec.subdomain = maybe("sub")
    spec.setHostnameAsFQDN = chance()
    spec.shareProcessNamespace = chance()
    spec.securityContext.fsGroup = maybe(1000)
  }

  private mutating func volumes() -> [Volume] {
    let sources: [VolumeSource] = [
      .emptyDir(EmptyDirVolume(medium: maybe(pick(EmptyDirVolume.Medium.self)), sizeLimit: maybe(Quantity(1024)))),
      .hostPath(HostPathVolume(path: "/srv", type: maybe(pick(HostPathVolume.Kind.self)))),
      .configMap(keyed("settings", "a", mode: 0o644)),
      .secret(keyed("password", "key", mode: pick([0o400, 0o777, 0]))),
      .downwardAPI(DownwardAPIVolume(items: files(), defaultMode: 0o600)),
      .projected(
        ProjectedVolume(
          sources: [
            .configMap(keyed("settings", "b.txt", mode: nil)), .secret(keyed("password", "user", mode: nil)),
            .downwardAPI(files()),
          ],
          defaultMode: pick([0o644, 0o440])
        )
      ),
      .configMap(KeyedVolume(name: "absent", defaultMode: 0o644, optional: true)),
    ]
    return sources.enumerated().map { Volume(name: "volume-\($0)", source: $1) }
  }

  private mutating func keyed(_ name: String, _ key: String, mode: UInt16?) -> KeyedVolume {
    let items = chance() ? [KeyToPath(key: key, path: "files/\(key)", mode: maybe(0o440))] : []
    return KeyedVolume(name: name, items: items, defaultMode: mode, optional: chance())
  }

  private mutating func files() -> [DownwardAPIFile] {
    [
      DownwardAPIFile(path: "labels", source: .field(path: "metadata.labels"), mode: maybe(0o400)),
      DownwardAPIFile(path: "note", source: .field(path: "metadata.annotations['example.com/note']")),
      DownwardAPIFile(path: "cpu", source: .resource(resource(of: "main-0"))),
    ]
  }

  private mutating func resource(of container: String?) -> ResourceField {
    chance()
      ? ResourceField(containerName: container, resource: "limits.cpu", divisor: maybe(Quantity(milli: 1)))
      : ResourceField(
        containerName: container,
        resource: "requests.memory",
        divisor: maybe(Quantity(1_048_576, format: .binarySI))
      )
  }

  private mutating func container(_ name: String, _ spec: PodSpec) -> Container {
    var container = Container(name: name, image: "busybox:1")
    container.ports = [ContainerPort(name: "http", containerPort: 80, protocol: pick(PortProtocol.self))]
    container.env = [
      EnvironmentVariable(name: "A", value: pick(["", "x y", "é\n", "$(B)"])),
      EnvironmentVariable(name: "B", from: .configMap(KeySelector(name: "settings", key: "a", optional: chance()))),
      EnvironmentVariable(name: "C", from: .secret(KeySelector(name: "password", key: "key"))),
      EnvironmentVariable(name: "D", from: .pod(.field(path: pick(["status.podIP", "metadata.labels['app']"])))),
      EnvironmentVariable(name: "E", from: .pod(.resource(resource(of: maybe("main-0"))))),
    ]
    container.envFrom = [
      EnvironmentSource(.configMap, name: "settings", prefix: pick(["", "P_"]), optional: chance()),
      EnvironmentSource(.secret, name: "absent", optional: true),
    ]
    container.volumeMounts = spec.volumes.enumerated().map { mount($1.name, "/mnt/\($0)") }
    container.restartPolicy = maybe(pick(RestartPolicy.self))
    container.lifecycle = maybe(
      Lifecycle(postStart: maybe(handler()), preStop: maybe(handler()), stopSignal: maybe("SIGUSR1"))
    )
    container.resources.limits = ResourceList(cpu: maybe(Quantity(milli: 500)), memory: maybe(Quantity(1 << 20)))
    container.resources.requests = container.resources.limits
    return container
  }

  private mutating func mount(_ name: String, _ path: String) -> VolumeMount {
    var mount = VolumeMount(name: name, mountPath: path, readOnly: chance())
    if chance() { mount.subPath = maybe("a/b") } else { mount.subPathExpr = maybe("$(A)/b") }
    mount.recursiveReadOnly = mount.readOnly ? maybe(pick(VolumeMount.RecursiveReadOnly.self)) : maybe(.disabled)
    let isRecursive = (mount.recursiveReadOnly ?? .disabled) != .disabled
    mount.mountPropagation = isRecursive ? maybe(.none) : maybe(pick(VolumeMount.Propagation.self))
    return mount
  }

  private mutating func handler() -> LifecycleHandler {
    pick([
      .exec(command: ["sh", "-c", "true"]), .sleep(seconds: pick([0, 40])),
      .httpGet(
        HTTPGetAction(
          path: "/a?b",
          port: pick([.number(80), .name("http")]),
          host: maybe("h"),
          scheme: pick(HTTPGetAction.Scheme.self),
          httpHeaders: [.init(name: "Host", value: "x")]
        )
      ),
      .httpGet(HTTPGetAction(port: .number(65535))), .tcpSocket(TCPSocketAction(port: .name("http"), host: maybe("h"))),
    ])
  }
}
