import PodModel
import Yams

/// What a manifest says.
public struct ManifestResult: Sendable {
  /// The pods with Kubernetes' defaults, in the order of the text; none when there is any error.
  public var pods: [Pod]
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
    var pods: [Pod] = []
    var names: [[String]: Int] = [:]
    for root in stream.roots {
      for (pod, place) in Self.pods(Place(node: root, path: ""), reading) {
        checkName(of: pod, place, &names, reading)
        pods.append(pod)
      }
    }
    if pods.isEmpty, reading.diagnostics.isEmpty {
      reading.report(source.diagnostic(.error, line: 1, column: 1, "no pod in this file"))
    }
    let diagnostics = reading.diagnostics.enumerated().sorted {
      ($0.element.line, $0.element.column, $0.offset) < ($1.element.line, $1.element.column, $1.offset)
    }
    return ManifestResult(pods: reading.hasErrors ? [] : pods, diagnostics: diagnostics.map(\.element))
  }

  private static func checkName(of pod: Pod, _ place: Place, _ names: inout [[String]: Int], _ reading: Reading) {
    guard let name = place.child("metadata")?.child("name"), !pod.metadata.name.isEmpty else { return }
    if let line = names.updateValue(name.line, forKey: [pod.metadata.namespace, pod.metadata.name]) {
      let message = "\(pod.metadata.name.quoted): duplicate pod in namespace \(pod.metadata.namespace)"
      reading.error(name, message, hint: "it is already at line \(line)")
    }
  }

  /// The pods of one document: none for an empty one, several for a list.
  private static func pods(_ document: Place, _ reading: Reading) -> [(Pod, Place)] {
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
    if kind == "Pod" || kind == "PodList" || kind == "List", version != "v1" {
      reading.error(document.field("apiVersion"), "expected v1 for kind \(kind), found \(version.quoted)")
      return []
    }
    switch kind {
    case "Pod":
      var pod = PodFields.empty
      return PodFields.table.read(document, reading, into: &pod) ? [(pod, document)] : []
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
  private static func items(_ document: Place, _ kind: String, _ reading: Reading) -> [(Pod, Place)] {
    var pods: [(Pod, Place)] = []
    for entry in document.entries(reading) ?? [] {
      switch entry.name {
      case "items":
        for item in entry.value.elements(reading) ?? [] {
          if let inner = item.child("kind")?.text, inner == "List" || inner == "PodList" {
            reading.error(item.field("kind"), "a \(inner) within a \(kind) is not supported")
          } else {
            pods += Self.pods(item, reading)
          }
        }
      case "apiVersion", "kind", "metadata": break
      default: reading.error(entry.key, "unknown field")
      }
    }
    return pods
  }

  private static func advice(for kind: String) -> String {
    if let known = Suggestion.closest(to: kind, among: ["Pod", "PodList"]) { return "did you mean \(known)?" }
    switch kind {
    case "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "ReplicationController":
      return "make a Pod of its spec.template: metadata with a name, and spec"
    case "CronJob": return "make a Pod of its spec.jobTemplate.spec.template: metadata with a name, and spec"
    case "ConfigMap", "Secret": return "write its values under env of the containers"
    case "Service", "Ingress": return "connect to the pod's address"
    case "PersistentVolumeClaim", "PersistentVolume": return "volumes are not yet there"
    case "Namespace": return "remove it; namespaces need no objects"
    default: return "remove it from this file; only Pod is read"
    }
  }
}
