import PodModel

/// An object of a kind that is read, and where it stands.
struct ReadObject {
  enum Content {
    case pod(Pod)
    case configMap(ConfigMap)
    case secret(Secret)
  }

  let content: Content
  let place: Place
  /// What it names of other objects.
  let references: [Reference]
  /// The names of the values in it.
  let keys: Set<String>

  init(_ content: Content, _ place: Place, references: [Reference] = []) {
    self.content = content
    self.place = place
    self.references = references
    keys =
      switch content {
      case .pod: []
      case .configMap(let map): Set(map.data.keys).union(map.binaryData.keys)
      case .secret(let secret): Set(secret.data.keys)
      }
  }

  var metadata: ObjectMeta {
    switch content {
    case .pod(let pod): pod.metadata
    case .configMap(let map): map.metadata
    case .secret(let secret): secret.metadata
    }
  }

  /// The kind in lower case.
  var kind: String {
    switch content {
    case .pod: "pod"
    case .configMap: "configmap"
    case .secret: "secret"
    }
  }

  /// Where its name is.
  var namePlace: Place { place.child("metadata")?.child("name") ?? place }
}
