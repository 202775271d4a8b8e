import PodModel
import Yams

/// Reads the objects of one document.
enum DocumentReader {
  /// None for an empty document, several for a list.
  static func objects(_ document: Place, _ reading: Reading) -> [ReadObject] {
    if document.isNull { return [] }
    guard case .mapping = document.node else {
      reading.error(
        document,
        "expected a pod, found \(document.summary)",
        hint: "begin with apiVersion: v1 and kind: Pod"
      )
      return []
    }
    guard let kind = identifier("kind", document, reading), let version = identifier("apiVersion", document, reading)
    else {
      return []
    }
    if Kinds.known.contains(kind), version != "v1" {
      reading.error(document.field("apiVersion"), "expected v1 for kind \(kind), found \(version.quoted)")
      return []
    }
    switch kind {
    case "Pod", "ConfigMap", "Secret": return object(document, kind, reading).map { [$0] } ?? []
    case _ where Kinds.lists.contains(kind): return items(document, kind, reading)
    default:
      reading.error(
        document.field("kind"),
        "\(kind.quoted) is not yet supported by this version",
        hint: Kinds.advice(for: kind)
      )
      return []
    }
  }

  private static func object(_ document: Place, _ kind: String, _ reading: Reading) -> ReadObject? {
    switch kind {
    case "Pod":
      reading.references = []
      var pod = PodFields.empty
      guard PodFields.table.read(document, reading, into: &pod) else { return nil }
      defer { reading.references = [] }
      return ReadObject(.pod(pod), document, references: reading.references)
    case "ConfigMap":
      var map = ConfigMapFields.empty
      return ConfigMapFields.table.read(document, reading, into: &map) ? ReadObject(.configMap(map), document) : nil
    default:
      var read = SecretFields.Read()
      return SecretFields.table.read(document, reading, into: &read) ? ReadObject(.secret(read.secret), document) : nil
    }
  }

  private static func identifier(_ name: String, _ document: Place, _ reading: Reading) -> String? {
    guard let place = document.child(name) else {
      reading.error(document.part(name, document.node), "required", hint: "begin with apiVersion: v1 and kind: Pod")
      return nil
    }
    return FieldReader<String>.string.read(place, reading)
  }

  /// What `kubectl get -o yaml` prints for several objects; a list within a list is nothing that it prints.
  private static func items(_ document: Place, _ kind: String, _ reading: Reading) -> [ReadObject] {
    var objects: [ReadObject] = []
    for entry in document.entries(reading) ?? [] {
      switch entry.name {
      case "items":
        for item in entry.value.elements(reading) ?? [] {
          if let inner = item.child("kind")?.text, Kinds.lists.contains(inner) {
            reading.error(item.field("kind"), "a \(inner) within a \(kind) is not supported")
          } else {
            objects += Self.objects(item, reading)
          }
        }
      case "apiVersion", "kind", "metadata": break
      default: reading.error(entry.key, "unknown field")
      }
    }
    return objects
  }
}

/// The kinds of documents, and what to do about those that are not read.
enum Kinds {
  static let lists: Set = ["List", "PodList", "ConfigMapList", "SecretList"]
  static let known = lists.union(["Pod", "ConfigMap", "Secret"])

  static func advice(for kind: String) -> String {
    if let known = Suggestion.closest(to: kind, among: known.sorted()) { return "did you mean \(known)?" }
    switch kind {
    case "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "ReplicationController":
      return "make a Pod of its spec.template: metadata with a name, and spec"
    case "CronJob": return "make a Pod of its spec.jobTemplate.spec.template: metadata with a name, and spec"
    case "PodTemplate": return "make a Pod of its template: metadata with a name, and spec"
    case "Service", "Ingress", "Endpoints", "EndpointSlice", "Gateway", "HTTPRoute":
      return "connect to the pod's address"
    case "PersistentVolumeClaim", "PersistentVolume", "StorageClass":
      return "remove it and use a volume of type hostPath or emptyDir"
    case "Namespace": return "remove it; namespaces need no objects"
    case "ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding":
      return "remove it; nobody asks for rights on a single node"
    case "NetworkPolicy": return "remove it; this version does not filter between pods"
    default: return "remove it from this file; only Pod, ConfigMap and Secret are read"
    }
  }
}
