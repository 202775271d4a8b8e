import PodModel

/// The objects of several texts, which may name each other.
struct ObjectCollection {
  private struct Identity: Hashable {
    var scope: Scope
    var name: String
  }

  private struct Scope: Hashable {
    /// In lower case.
    var kind: String
    var namespace: String
  }

  private var objects: [(object: ReadObject, reading: Reading)] = []
  private var indices: [Identity: Int] = [:]

  var pods: [Pod] { objects.compactMap { if case .pod(let pod) = $0.object.content { pod } else { nil } } }

  var configMaps: [ConfigMap] {
    objects.compactMap { if case .configMap(let map) = $0.object.content { map } else { nil } }
  }

  var secrets: [Secret] {
    objects.compactMap { if case .secret(let secret) = $0.object.content { secret } else { nil } }
  }

  /// Takes an object in; of a kind and namespace each name is there once.
  mutating func add(_ object: ReadObject, _ reading: Reading) {
    objects.append((object, reading))
    let metadata = object.metadata
    guard !metadata.name.isEmpty else { return }
    let scope = Scope(kind: object.kind, namespace: metadata.namespace)
    let identity = Identity(scope: scope, name: metadata.name)
    guard let first = indices[identity] else {
      indices[identity] = objects.count - 1
      return
    }
    let line = objects[first].object.namePlace.line
    let file = objects[first].reading.file
    reading.error(
      object.namePlace,
      "\(metadata.name.quoted): duplicate \(object.kind) in namespace \(metadata.namespace)",
      hint: "it is already at " + (file == reading.file ? "line \(line)" : "\(file):\(line)")
    )
  }

  /// Reports what is named and not there.
  func settle() {
    let names = Dictionary(grouping: indices.keys, by: \.scope).mapValues { $0.map(\.name).sorted() }
    for (object, reading) in objects {
      for reference in object.references where reading.tellsMore { check(reference, of: object, names, reading) }
      if case .pod(let pod) = object.content { checkPullSecrets(of: pod, object.place, reading) }
    }
  }

  private func check(_ reference: Reference, of object: ReadObject, _ names: [Scope: [String]], _ reading: Reading) {
    if reference.optional { return }
    let kind = reference.kind.rawValue
    let scope = Scope(kind: kind.lowercased(), namespace: object.metadata.namespace)
    guard let index = indices[Identity(scope: scope, name: reference.name)] else {
      if reference.isRepeated { return }
      reading.error(
        reference.place,
        "there is no \(kind) \(reference.name.quoted) in namespace \(scope.namespace)",
        hint: Suggestion.known(names[scope] ?? [], for: reference.name)
          ?? "add it as a document of its own, or set optional: true"
      )
      return
    }
    let keys = objects[index].object.keys
    guard let key = reference.key, !keys.contains(key.name) else { return }
    reading.error(
      key.place,
      "there is no key \(key.name.quoted) in the \(kind) \(reference.name.quoted)",
      hint: Suggestion.known(keys.prefix(200).sorted(), for: key.name) ?? "it holds no values"
    )
  }

  /// As in the kubelet a Secret that is missing is no reason not to try: the image may be public.
  private func checkPullSecrets(of pod: Pod, _ place: Place, _ reading: Reading) {
    guard let list = place.child("spec")?.child("imagePullSecrets") else { return }
    for (name, place) in zip(pod.spec.imagePullSecrets, list.children) {
      let scope = Scope(kind: "secret", namespace: pod.metadata.namespace)
      guard let index = indices[Identity(scope: scope, name: name)],
        case .secret(let secret) = objects[index].object.content
      else {
        reading.warning(
          place.field("name"),
          "there is no Secret \(name.quoted) in this file",
          hint: "add it as a document of its own; without it images are pulled anonymously"
        )
        continue
      }
      if secret.type == Secret.dockerConfig || secret.type == Secret.dockerCfg { continue }
      reading.warning(
        place.field("name"),
        "the Secret \(name.quoted) is of type \(secret.type.quoted) and holds no registry credentials",
        hint: "expected type \(Secret.dockerConfig)"
      )
    }
  }
}
