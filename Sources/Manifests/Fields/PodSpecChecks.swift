import PodModel
import Yams

/// What only several fields of a pod can violate.
enum PodSpecChecks {
  @Sendable
  static func finish(_ spec: inout PodSpec, _ places: ObjectPlaces, _ reading: Reading) {
    InjectedVolumes.removeMounts(from: &spec, reading)
    let regular = places["containers"]?.children ?? []
    let initial = places["initContainers"]?.children ?? []
    if let containers = places["containers"], containers.isEmpty {
      reading.error(containers, "must have at least one container")
    }
    checkNames((initial + regular).inTextOrder, "container", reading)
    checkNames(places["volumes"]?.children ?? [], "volume", reading)
    checkPortNames(initial + regular, reading)
    for place in initial + regular { checkHostPorts(of: place, isHostNetwork: spec.hostNetwork, reading) }
    // Init containers that end give their ports to those after them.
    let beside = initial.filter { $0.child("restartPolicy")?.text == "Always" } + regular
    if spec.hostNetwork { checkPortsOfHost(beside, reading) }
    for place in initial { InitContainerChecks.check(place, reading) }
    for place in initial + regular { HookChecks.check(place, spec, reading) }
    // What stands there and could not be read was reported, and is not missing as well.
    reading.settle(.volume, among: places["volumes"].namesWithin, hint: "add it under spec.volumes")
    reading.settle(.container, among: (initial + regular).names, hint: "name a container of this pod")
    checkNamespaces(spec, places, reading)
    checkDNS(spec, places, reading)
    checkSysctls(spec, places, reading)
    NodeChecks.check(places, reading)
  }

  private static func checkNames(_ objects: [Place], _ what: String, _ reading: Reading) {
    var lines: [String: Int] = [:]
    for object in objects {
      guard let name = object.child("name"), let text = name.text, !text.isEmpty else { continue }
      if let line = lines[text] {
        reading.error(name, "\(text.quoted): duplicate \(what) name", hint: "it is already at line \(line)")
      } else {
        lines[text] = name.line
      }
    }
  }

  /// Ports of one container are told apart by their names. A service or probe that names a port finds the first
  /// container's.
  private static func checkPortNames(_ containers: [Place], _ reading: Reading) {
    var portNames: [String: (container: Int, line: Int)] = [:]
    for (index, container) in containers.enumerated() {
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

  /// On the host's network API servers write `hostPort` equal to `containerPort`.
  private static func checkHostPorts(of container: Place, isHostNetwork: Bool, _ reading: Reading) {
    for port in container.child("ports")?.children ?? [] {
      guard let hostPort = port.child("hostPort"), hostPort.scalar != .integer(0) else { continue }
      if !isHostNetwork {
        reading.error(
          hostPort,
          "not yet supported by this version",
          hint: "use hostNetwork, or connect to the pod's address"
        )
      } else if port.child("containerPort")?.scalar != hostPort.scalar {
        reading.error(hostPort, "must equal containerPort when hostNetwork is true")
      }
    }
  }

  /// On the host's network a port is the host's, which has each only once.
  private static func checkPortsOfHost(_ containers: [Place], _ reading: Reading) {
    var lines: [[String]: Int] = [:]
    for port in containers.flatMap({ $0.child("ports")?.children ?? [] }) {
      guard let number = port.child("containerPort"), case .integer(let value) = number.scalar else { continue }
      let name = port.child("protocol")?.text ?? Defaults.portProtocol.rawValue
      if let line = lines.updateValue(number.line, forKey: [name, "\(value)"]) {
        let hint = "it is already at line \(line)"
        reading.error(number, "\(value)/\(name): duplicate port of the host, as hostNetwork is true", hint: hint)
      }
    }
  }

  private static func checkNamespaces(_ spec: PodSpec, _ places: ObjectPlaces, _ reading: Reading) {
    guard spec.hostPID, spec.shareProcessNamespace else { return }
    reading.error(
      places.place(of: "shareProcessNamespace"),
      "must not be true beside hostPID: true",
      hint: "choose one of them"
    )
  }

  private static func checkDNS(_ spec: PodSpec, _ places: ObjectPlaces, _ reading: Reading) {
    guard spec.dnsPolicy == .none else { return }
    let servers = places["dnsConfig"]?.child("nameservers")
    if servers?.isEmpty ?? true {
      reading.error(
        servers ?? places["dnsConfig"] ?? places.place(of: "dnsPolicy"),
        "dnsPolicy None needs a nameserver",
        hint: "add one under dnsConfig.nameservers"
      )
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

/// What holds for init containers only: one that ends by itself has no hooks, no probes and no life of its own.
enum InitContainerChecks {
  static func check(_ container: Place, _ reading: Reading) {
    let policy = container.child("restartPolicy")
    if let policy, let text = policy.text, ["OnFailure", "Never"].contains(text) {
      reading.error(
        policy,
        "\(text) is not yet supported for an init container",
        hint: "leave it out, the pod's restartPolicy holds then, or make it a sidecar by Always"
      )
    }
    if policy?.text == "Always" { return }
    for name in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] {
      guard let place = container.child(name), place.hasFields else { continue }
      reading.error(
        place,
        "must not be set for an init container that ends by itself",
        hint: "remove it, or make the container a sidecar by restartPolicy: Always"
      )
    }
  }
}

/// What hooks need of the rest of the pod.
enum HookChecks {
  static func check(_ container: Place, _ spec: PodSpec, _ reading: Reading) {
    guard let lifecycle = container.child("lifecycle") else { return }
    if let signal = lifecycle.child("stopSignal"), spec.os == nil {
      reading.error(signal, "needs spec.os, which says whose signals are meant", hint: "add os: {name: linux} to spec")
    }
    for hook in ["postStart", "preStop"] {
      guard let place = lifecycle.child(hook)?.child("sleep")?.child("seconds"),
        case .integer(let seconds) = place.scalar, seconds > spec.terminationGracePeriodSeconds
      else { continue }
      reading.error(
        place,
        "must be at most terminationGracePeriodSeconds, \(spec.terminationGracePeriodSeconds), found \(seconds)"
      )
    }
  }
}

extension [Place] {
  /// As they stand in the text, so that what is said to be already there stands before.
  fileprivate var inTextOrder: [Place] { sorted { ($0.line, $0.column) < ($1.line, $1.column) } }

  /// The names of these objects.
  var names: [String] { compactMap { $0.child("name")?.text } }
}

extension Place? {
  /// The names of the objects in this list.
  var namesWithin: [String] { self?.children.names ?? [] }
}

extension Place {
  /// A mapping with anything in it.
  fileprivate var hasFields: Bool {
    if case .mapping(let mapping) = node { !mapping.isEmpty } else { true }
  }
}
