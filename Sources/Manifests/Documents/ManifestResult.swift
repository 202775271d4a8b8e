import PodModel

/// What manifests say.
public struct ManifestResult: Sendable {
  /// The pods with Kubernetes' defaults, in the order of the text; none when there is any error.
  public var pods: [Pod] = []
  /// The ConfigMaps that are beside them; none when there is any error.
  public var configMaps: [ConfigMap] = []
  /// The Secrets that are beside them; none when there is any error.
  public var secrets: [Secret] = []
  /// Every problem that was found, in the order of the text.
  public var diagnostics: [Diagnostic] = []
  /// Fields that are accepted and have no effect here, in the order of the text.
  public var notes: [Diagnostic] = []

  /// Whether anything is wrong beyond warnings.
  public var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
}

/// The text of a file.
public struct ManifestText: Sendable {
  /// The file's name as diagnostics show it.
  public var file: String
  /// Its content.
  public var text: String

  /// A text and where it is from.
  public init(_ text: String, file: String) {
    self.file = file
    self.text = text
  }
}
