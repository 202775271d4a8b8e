import PodModel

/// The volume with the service account's token that a server adds to every pod: what `kubectl get -o yaml` printed is read
/// without it, as there is no control plane that could issue the token.
enum InjectedVolumes {
  private static let prefix = "kube-api-access-"
  private static let mountPath = "/var/run/secrets/kubernetes.io/serviceaccount"

  /// Reads volumes and leaves the added one out.
  static func reader(_ volume: FieldReader<Volume>) -> FieldReader<[Volume]> {
    FieldReader(.list(volume.shape)) { place, reading in
      place.elements(reading)?.compactMap { element in
        if element.isNull {
          reading.error(element, "expected a value")
          return nil
        }
        guard let name = injectedName(element) else { return volume.read(element, reading) }
        reading.injectedVolumes.insert(name)
        reading.warning(
          element,
          "the volume \(name.quoted), which a server has added, is left out with its mounts",
          hint: "tokens come from a control plane, which this version does not talk to"
        )
        return nil
      }
    }
  }

  private static func injectedName(_ volume: Place) -> String? {
    guard let name = volume.child("name")?.text, name.hasPrefix(prefix),
      let sources = volume.child("projected")?.child("sources"),
      sources.children.contains(where: { $0.child("serviceAccountToken") != nil })
    else { return nil }
    return name
  }

  /// Takes the mounts of what was left out away from the containers.
  static func removeMounts(from spec: inout PodSpec, _ reading: Reading) {
    let names = reading.injectedVolumes
    reading.injectedVolumes = []
    if names.isEmpty { return }
    func isInjected(_ mount: VolumeMount) -> Bool { names.contains(mount.name) && mount.mountPath == mountPath }
    for index in spec.containers.indices { spec.containers[index].volumeMounts.removeAll(where: isInjected) }
    for index in spec.initContainers.indices { spec.initContainers[index].volumeMounts.removeAll(where: isInjected) }
    reading.references.removeAll { $0.kind == .volume && names.contains($0.name) }
  }
}
