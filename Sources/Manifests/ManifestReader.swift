import PodModel
import Yams

/// What a manifest says.
public struct ManifestResult: Sendable {
  /// The pods with Kubernetes' defaults, in the order of the text; none when there is any error.
  public var pods: [Pod]
  /// The Secrets that are beside them; none when there is any error.
  public var secrets: [Secret] = []
  /// Every problem that was found, in the order of the text.
  public var diagnostics: [Diagnostic]

  /// Whether anything is wrong beyond warnings.
  public var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
}

/// Reads pods from YAML or JSON, and finds as many problems at once as it can.
///
/// The text is not trusted: its size, nesting, aliases and the number of problems are bounded.
public enum ManifestReader {
  /// The longest text in bytes.
  public static let greatestSize = 4 << 20

  /// Reads every document of `text`; `file` is only named in diagnostics.
  public static func read(_ text: String, file: String) -> ManifestResult {
    guard text.utf8.count <= greatestSize else {
      let message = "the text has \(text.utf8.count) bytes, more than \(greatestSize)"
      let diagnostic = SourceText(file: file, text: "").diagnostic(.error, line: 1, column: 1, message)
      return ManifestResult(pods: [], diagnostics: [diagnostic])
    }
    let source = SourceText(file: file, text: text)
    let stream = DocumentStream(source, text: SurrogatePairs.joined(text))
    let reading = Reading(source)
    if let problem = stream.problem { reading.report(problem) }
    let objects = stream.roots.flatMap { Self.objects(Place(node: $0, path: ""), reading) }
    var names: [[String]: Int] = [:]
    for object in objects { checkName(of: object, &names, reading) }
    let pods = objects.compactMap(\.pod)
    let secrets = objects.compactMap(\.secret)
    for object in objects { checkPullSecrets(of: object, secrets, reading) }
    if pods.isEmpty, reading.diagnostics.isEmpty {
      reading.report(source.diagnostic(.error, line: 1, column: 1, "no pod in this file"))
    }
    let diagnostics = reading.diagnostics.enumerated().sorted {
      ($0.element.line, $0.element.column, $0.offset) < ($1.element.line, $1.element.column, $1.offset)
    }
    return ManifestResult(
      pods: reading.hasErrors ? [] : pods,
      secrets: reading.hasErrors ? [] : secrets,
      diagnostics: diagnostics.map(\.element)
    )
  }

  /// An object of a kind that is read, and where it stands.
  private struct Object {
    var pod: Pod?
    var secret: Secret?
    let place: Place

    var kind: String { pod == nil ? "secret" : "pod" }
    var metadata: ObjectMeta? { pod?.metadata ?? secret?.metadata }
  }

  private static func checkName(of object: Object, _ names: inout [[String]: Int], _ reading: Reading) {
    guard let name = object.place.child("metadata")?.child("name"), let metadata = object.metadata,
      !metadata.name.isEmpty
    else { return }
    if let line = names.updateValue(name.line, forKey: [object.kind, metadata.namespace, metadata.name]) {
      let message = "\(metadata.name.quoted): duplicate \(object.kind) in namespace \(metadata.namespace)"
      reading.error(name, message, hint: "it is already at line \(line)")
    }
  }

  /// As in the kubelet a Secret that is missing is no reason not to try: the image may be public.
  private static func checkPullSecrets(of object: Object, _ secrets: [Secret], _ reading: Reading) {
    guard let pod = object.pod, let list = object.place.child("spec")?.child("imagePullSecrets") else { return }
    for (name, place) in zip(pod.spec.imagePullSecrets, list.children) {
      let found = secrets.first { $0.metadata.name == name && $0.metadata.namespace == pod.metadata.namespace }
      if found == nil {
        reading.warning(
          place.field("name"),
          "there is no Secret \(name.quoted) in this file",
          hint: "add it as a document of its own; without it images are pulled anonymously"
        )
      } else if let type = found?.type, type != Secret.dockerConfig, type != Secret.dockerCfg {
        reading.warning(
          place.field("name"),
          "the Secret \(name.quoted) is of type \(type.quoted) and holds no registry credentials",
          hint: "expected type \(Secret.dockerConfig)"
        )
      }
    }
  }

  /// The objects of one document: none for an empty one, several for a list.
  private static func objects(_ document: Place, _ reading: Reading) -> [Object] {
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
    if ["Pod", "PodList", "List", "Secret"].contains(kind), version != "v1" {
      reading.error(document.field("apiVersion"), "expected v1 for kind \(kind), found \(version.quoted)")
      return []
    }
    switch kind {
    case "Pod":
      var pod = PodFields.empty
      return PodFields.table.read(document, reading, into: &pod) ? [Object(pod: pod, place: document)] : []
    case "Secret":
      var read = SecretFields.Read()
      return SecretFields.table.read(document, reading, into: &read)
        ? [Object(secret: read.secret, place: document)] : []
    case "List", "PodList": return items(document, kind, reading)
    default:
      reading.error(
        document.field("kind"),
        "\(kind.quoted) is not yet supported by this version",
        hint: advice(for: kind)
      )
      return []
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
  private static func items(_ document: Place, _ kind: String, _ reading: Reading) -> [Object] {
    var objects: [Object] = []
    for entry in document.entries(reading) ?? [] {
      switch entry.name {
      case "items":
        for item in entry.value.elements(reading) ?? [] {
          if let inner = item.child("kind")?.text, inner == "List" || inner == "PodList" {
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

  private static func advice(for kind: String) -> String {
    if let known = Suggestion.closest(to: kind, among: ["Pod", "PodList", "Secret"]) {
      return "did you mean \(known)?"
    }
    switch kind {
    case "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "ReplicationController":
      return "make a Pod of its spec.template: metadata with a name, and spec"
    case "CronJob": return "make a Pod of its spec.jobTemplate.spec.template: metadata with a name, and spec"
    case "ConfigMap": return "write its values under env of the containers"
    case "Service", "Ingress": return "connect to the pod's address"
    case "PersistentVolumeClaim", "PersistentVolume": return "volumes are not yet there"
    case "Namespace": return "remove it; namespaces need no objects"
    default: return "remove it from this file; only Pod and Secret are read"
    }
  }
}
