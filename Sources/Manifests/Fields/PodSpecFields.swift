import PodModel

/// `v1.PodSpec` of Kubernetes 1.36.
enum PodSpecFields {
  static let table = FieldTable<PodSpec>(honoured + withoutEffect + notYet, finish: check)

  private static let honoured: [Field<PodSpec>] = [
    .honoured(
      "containers",
      \.containers,
      ContainerFields.table.reader(Container(name: "", image: "")).list,
      required: true
    ),
    .honoured("restartPolicy", \.restartPolicy, .choice()),
    .honoured(
      "terminationGracePeriodSeconds",
      \.terminationGracePeriodSeconds,
      FieldReader.integer(0...Int64(Int32.max)).then { value, _, _ in Int(value) }
    ),
    .honoured(
      "dnsPolicy",
      \.dnsPolicy,
      .choice(refusing: ["None": "dnsConfig is needed for it; take Default, the host's own names"])
    ),
    .honoured("hostname", \.hostname, .name(.dnsLabel)),
    .honoured("subdomain", \.subdomain, .name(.dnsLabel)),
    .honoured("hostNetwork", \.hostNetwork, .bool),
    .honoured("hostPID", \.hostPID, .bool),
    .honoured("hostIPC", \.hostIPC, .bool),
    .honoured("shareProcessNamespace", \.shareProcessNamespace, .bool),
    .honoured("imagePullSecrets", \.imagePullSecrets, SecretReference.table.reader(SecretReference()).name.list),
    .honoured("securityContext", \.securityContext, SecurityContextFields.pod.reader(PodSecurityContext())),
    .checked("hostUsers", .bool) { value, place, reading in
      if !value {
        reading.error(place, "user namespaces are not yet supported by this version", hint: "leave hostUsers out")
      }
    },
    .checked("os", OSFields.table.reader(OSFields())) { _, _, _ in },
  ]

  private static let withoutEffect: [Field<PodSpec>] = [
    .withoutEffect("nodeName", \.withoutEffect),
    .withoutEffect("schedulerName", \.withoutEffect),
    .withoutEffect("tolerations", \.withoutEffect),
    .withoutEffect("priority", \.withoutEffect),
    .withoutEffect("priorityClassName", \.withoutEffect),
    .withoutEffect("preemptionPolicy", \.withoutEffect),
    .withoutEffect("serviceAccountName", \.withoutEffect),
    .withoutEffect("serviceAccount", \.withoutEffect),
    .withoutEffect("automountServiceAccountToken", \.withoutEffect),
    .withoutEffect("enableServiceLinks", \.withoutEffect),
    .withoutEffect("nodeSelector", \.withoutEffect, warning: "the pod runs here whatever the labels of this node are"),
    .withoutEffect("affinity", \.withoutEffect, warning: "the pod runs here whatever runs beside it"),
    .withoutEffect("topologySpreadConstraints", \.withoutEffect, warning: "all pods run here"),
    .withoutEffect("schedulingGates", \.withoutEffect, warning: "the pod is started at once"),
    .withoutEffect("schedulingGroup", \.withoutEffect, warning: "the pod is started at once"),
  ]

  private static let notYet: [Field<PodSpec>] = [
    .notYet("activeDeadlineSeconds", "let the container end itself, for example with timeout(1)"),
    .notYet("dnsConfig", "dnsPolicy Default uses the host's names"),
    .notYet("ephemeralContainers", "remove them; they are for running pods"),
    .notYet("hostAliases", "remove them, or have the image bring its own /etc/hosts entries"),
    .notYet("hostnameOverride", "use hostname"),
    .notYet("initContainers", "do their work at the start of the container's command"),
    .notYet("overhead", "it belongs to runtimeClassName; remove it"),
    .notYet("readinessGates", "remove them"),
    .notYet("resourceClaims", "remove them"),
    .notYet("resources", "set resources of each container"),
    .notYet("runtimeClassName", "remove it; the native runtime is used"),
    .notYet("setHostnameAsFQDN", "use hostname"),
    .notYet("volumes", "put files into the image, or pass settings by env"),
  ]

  private static func check(_ spec: inout PodSpec, _ places: ObjectPlaces, _ reading: Reading) {
    if let containers = places["containers"] {
      if containers.isEmpty { reading.error(containers, "must have at least one container") }
      checkNames(containers, reading)
      checkHostPorts(containers, isHostNetwork: spec.hostNetwork, reading)
    }
    if spec.hostPID, spec.shareProcessNamespace {
      reading.error(
        places.place(of: "shareProcessNamespace"),
        "must not be true beside hostPID: true",
        hint: "choose one of them"
      )
    }
    checkSysctls(spec, places, reading)
  }

  /// Containers are told apart by their names, ports of one container by theirs. A service or probe that names a port
  /// finds the first container's.
  private static func checkNames(_ containers: Place, _ reading: Reading) {
    var names: [String: Int] = [:]
    var portNames: [String: (container: Int, line: Int)] = [:]
    for (index, container) in containers.children.enumerated() {
      if let name = container.child("name"), let text = name.text, !text.isEmpty {
        if let line = names[text] {
          reading.error(name, "\(text.quoted): duplicate container name", hint: "it is already at line \(line)")
        } else {
          names[text] = name.line
        }
      }
      for name in container.child("ports")?.children.compactMap({ $0.child("name") }) ?? [] {
        guard let text = name.text else { continue }
        guard let first = portNames[text] else {
          portNames[text] = (index, name.line)
          continue
        }
        let hint = "it is already at line \(first.line)"
        if first.container == index {
          reading.error(name, "\(text.quoted): duplicate port name", hint: hint)
        } else {
          reading.warning(name, "\(text.quoted): port name of another container", hint: hint)
        }
      }
    }
  }

  /// On the host's network a port is the host's, which has each only once: API servers then write `hostPort` equal to
  /// `containerPort`.
  private static func checkHostPorts(_ containers: Place, isHostNetwork: Bool, _ reading: Reading) {
    var lines: [[String]: Int] = [:]
    for port in containers.children.flatMap({ $0.child("ports")?.children ?? [] }) {
      let number = port.child("containerPort")
      if let hostPort = port.child("hostPort"), hostPort.scalar != .integer(0) {
        if !isHostNetwork {
          reading.error(
            hostPort,
            "not yet supported by this version",
            hint: "use hostNetwork, or connect to the pod's address"
          )
        } else if number?.scalar != hostPort.scalar {
          reading.error(hostPort, "must equal containerPort when hostNetwork is true")
        }
      }
      guard isHostNetwork, let number, case .integer(let value) = number.scalar else { continue }
      let name = port.child("protocol")?.text ?? Defaults.portProtocol.rawValue
      if let line = lines.updateValue(number.line, forKey: [name, "\(value)"]) {
        let hint = "it is already at line \(line)"
        reading.error(number, "\(value)/\(name): duplicate port of the host, as hostNetwork is true", hint: hint)
      }
    }
  }

  private static func checkSysctls(_ spec: PodSpec, _ places: ObjectPlaces, _ reading: Reading) {
    guard let list = places["securityContext"]?.child("sysctls") else { return }
    var names: Set<String> = []
    for sysctl in list.children {
      guard let place = sysctl.child("name"), let text = place.text else { continue }
      let name = text.replacing("/", with: ".")
      if !names.insert(name).inserted { reading.error(place, "\(text.quoted): duplicate sysctl") }
      let isIPC = ["kernel.shm", "kernel.msg", "kernel.sem", "fs.mqueue."].contains { name.hasPrefix($0) }
      if spec.hostNetwork, name.hasPrefix("net.") {
        reading.error(place, "\(text.quoted) must not be set when hostNetwork is true", hint: "it would be the host's")
      } else if spec.hostIPC, isIPC {
        reading.error(place, "\(text.quoted) must not be set when hostIPC is true", hint: "it would be the host's")
      }
    }
  }
}

/// `v1.PodOS`.
struct OSFields {
  var name = OSName.linux

  enum OSName: String, CaseIterable { case linux }

  static let table = FieldTable<OSFields>([
    .honoured("name", \.name, .choice(refusing: ["windows": "this is a Linux node"]), required: true)
  ])
}

/// `v1.LocalObjectReference` to a Secret.
struct SecretReference: Sendable {
  var name = ""

  static let table = FieldTable<SecretReference>([
    .honoured("name", \.name, .name(.dnsSubdomain), required: true)
  ])
}

extension FieldReader where Value == SecretReference {
  /// Only the name.
  fileprivate var name: FieldReader<String> { then { reference, _, _ in reference.name } }
}
