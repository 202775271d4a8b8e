import PodModel
import Yams

/// `v1.Volume` of Kubernetes 1.36.
struct VolumeFields: Sendable {
  private var name = ""
  private var emptyDir: EmptyDirVolume?
  private var hostPath: HostPathVolume?
  private var configMap: KeyedVolume?
  private var secret: KeyedVolume?
  private var downwardAPI: DownwardAPIVolume?
  private var projected: ProjectedVolume?

  static let table = FieldTable<VolumeFields>(
    [.honoured("name", \.name, .name(.dnsLabel), required: true, "A DNS label, unique in the pod; mounts name it.")]
      + sources + UnsupportedVolumes.fields,
    named: "Volume",
    finish: { volume, places, reading in
      if places.entries.allSatisfy({ $0.key == "name" }) {
        // As a server does. `emptyDir:` with nothing behind it says as much, and says it.
        if places.object.namesNothing {
          reading.warning(places.object, "no source is named: an emptyDir", hint: "write emptyDir: {}")
        }
        volume.emptyDir = EmptyDirVolume()
      } else {
        _ = places.requireOne(of: sources.map(\.name), or: UnsupportedVolumes.fields.map(\.name), "source", reading)
      }
    }
  )

  private static let sources: [Field<VolumeFields>] = [
    .honoured(
      "emptyDir",
      \.emptyDir,
      emptyDir.reader(EmptyDirVolume()),
      "An empty directory that lives as long as the pod, whatever becomes of its containers."
    ),
    .honoured("hostPath", \.hostPath, hostPath.reader(HostPathVolume(path: "")), "A file or directory of the host."),
    .honoured("configMap", \.configMap, KeyedVolumeFields.configMap, "The values of a ConfigMap as files."),
    .honoured("secret", \.secret, KeyedVolumeFields.secret, "The values of a Secret as files, kept in memory only."),
    .honoured("downwardAPI", \.downwardAPI, DownwardFields.volume, "What the pod says about itself, as files."),
    .honoured("projected", \.projected, ProjectedFields.reader, "Several of these in one directory."),
  ]

  private static let emptyDir = FieldTable<EmptyDirVolume>(
    [
      .honoured(
        "medium",
        \.medium,
        .choice(refusing: ["HugePages": hugePages, "HugePages-2Mi": hugePages, "HugePages-1Gi": hugePages]),
        default: "\"\"",
        "Where the files are: on the node's disk, or with Memory in a tmpfs that counts as the containers' memory."
      ),
      .honoured(
        "sizeLimit",
        \.sizeLimit,
        size,
        "The most bytes that it may hold: in memory it can hold no more, on disk a pod that has more is evicted."
      ),
    ],
    named: "EmptyDirVolumeSource"
  )

  private static let hugePages = "take Memory"

  private static let size = FieldReader.quantity.then { quantity, place, reading -> Quantity? in
    if quantity >= .zero { return quantity }
    reading.error(place, "must not be negative, found \(quantity)")
    return nil
  }

  private static let hostPath = FieldTable<HostPathVolume>(
    [
      .honoured("path", \.path, .straightPath, required: true, "An absolute path of the host, without `..`."),
      .honoured(
        "type",
        \.type,
        .choice(),
        default: "\"\"",
        "What must be at the path, or is made there; with the empty one anything will do, and a directory is made if need be."
      ),
    ],
    named: "HostPathVolumeSource"
  )

  static let reader = table.reader(VolumeFields()).then { fields, _, _ in fields.volume }

  /// Nil where the source is missing or was refused, which is reported then.
  private var volume: Volume? {
    let sources = [
      emptyDir.map(VolumeSource.emptyDir), hostPath.map(VolumeSource.hostPath),
      configMap.map(VolumeSource.configMap), secret.map(VolumeSource.secret),
      downwardAPI.map(VolumeSource.downwardAPI), projected.map(VolumeSource.projected),
    ].compactMap { $0 }
    return sources.first.map { Volume(name: name, source: $0) }
  }
}

extension Place {
  /// Whether a mapping has no key but `name`.
  fileprivate var namesNothing: Bool {
    guard case .mapping(let mapping) = node else { return true }
    return mapping.allSatisfy { $0.key.scalar?.string == "name" }
  }
}
