import PodModel

/// `v1.VolumeMount` of Kubernetes 1.36.
enum VolumeMountFields {
  static let table = FieldTable<VolumeMount>(
    [
      .honoured("name", \.name, .string, required: true, "The volume's name."),
      .honoured(
        "mountPath",
        \.mountPath,
        mountPath,
        required: true,
        "Where the container sees it: an absolute path, and not the root, /dev, /proc or below /proc."
      ),
      .honoured("readOnly", \.readOnly, .bool, default: "false", "Whether the container may only read."),
      .honoured(
        "subPath",
        \.subPath,
        .descendingPath,
        "A path in the volume to mount instead of its root; made if it is missing."
      ),
      .honoured(
        "subPathExpr",
        \.subPathExpr,
        .descendingPath,
        "The same with `$(NAME)` of the container's environment; excludes subPath."
      ),
      .honoured(
        "recursiveReadOnly",
        \.recursiveReadOnly,
        .choice(),
        default: "Disabled",
        "Whether mounts below the volume become read-only, too; only beside readOnly."
      ),
      .honoured(
        "mountPropagation",
        \.mountPropagation,
        .choice(refusing: ["Bidirectional": "mounts of a container stay in it; take HostToContainer"]),
        default: "None",
        "Whether mounts that the host makes below the volume later appear in the container."
      ),
    ],
    named: "VolumeMount",
    finish: check
  )

  private static let mountPath = FieldReader<String>.straightPath.placeOfMount

  @Sendable
  private static func check(_ mount: inout VolumeMount, _ places: ObjectPlaces, _ reading: Reading) {
    // Servers take an empty one for none.
    if mount.subPath == "" { mount.subPath = nil }
    if mount.subPathExpr == "" { mount.subPathExpr = nil }
    if let place = places["name"], !mount.name.isEmpty { reading.refer(to: .volume, mount.name, at: place) }
    if mount.subPath != nil, mount.subPathExpr != nil {
      reading.error(places.place(of: "subPathExpr"), "must not be set beside subPath", hint: "choose one of them")
    }
    guard let recursive = mount.recursiveReadOnly, recursive != .disabled else { return }
    let place = places.place(of: "recursiveReadOnly")
    if !mount.readOnly { reading.error(place, "\(recursive.rawValue) needs readOnly: true") }
    if let propagation = mount.mountPropagation, propagation != .none {
      reading.error(place, "\(recursive.rawValue) needs mountPropagation: None, found \(propagation.rawValue)")
    }
  }
}
