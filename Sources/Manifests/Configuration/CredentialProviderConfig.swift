import PodModel

/// The kubelet's CredentialProviderConfig (`kubelet.config.k8s.io/v1`).
public struct CredentialProviderConfig: Equatable, Sendable {
  /// One program.
  public struct Provider: Equatable, Sendable {
    /// Its name in the directory of providers.
    public var name = ""
    /// The images that it is asked about.
    public var matchImages: [String] = []
    /// How long an answer is good where it does not say; as Go writes durations.
    public var defaultCacheDuration = ""
    /// The version of the protocol.
    public var apiVersion = ""
    /// Its arguments.
    public var args: [String] = []
    /// Variables beside those of the agent.
    public var env: [Variable] = []
  }

  /// A variable.
  public struct Variable: Equatable, Sendable {
    /// Its name.
    public var name = ""
    /// Its value.
    public var value = ""
  }

  /// The programs in the order they are asked.
  public var providers: [Provider] = []

  /// Reads the file: as strict as the kubelet.
  public static func read(_ text: String, file: String) -> (CredentialProviderConfig?, [Diagnostic]) {
    ConfigurationReader.read(text, file: file, table.reader(CredentialProviderConfig()), empty: nil)
  }

  private static let table = FieldTable<CredentialProviderConfig>([
    .checked("apiVersion", .string) { version, place, reading in
      if version == "kubelet.config.k8s.io/v1" { return }
      reading.error(place, "expected kubelet.config.k8s.io/v1, found \(version.quoted)")
    },
    .checked("kind", .string) { kind, place, reading in
      if kind != "CredentialProviderConfig" {
        reading.error(place, "expected CredentialProviderConfig, found \(kind.quoted)")
      }
    },
    .honoured("providers", \.providers, provider.reader(Provider()).list, required: true),
  ])

  private static let provider = FieldTable<Provider>([
    .honoured("name", \.name, fileName, required: true),
    .honoured("matchImages", \.matchImages, FieldReader<String>.string.list, required: true),
    .honoured("defaultCacheDuration", \.defaultCacheDuration, .string, required: true),
    .honoured("apiVersion", \.apiVersion, version, required: true),
    .honoured("args", \.args, FieldReader<String>.string.list),
    .honoured("env", \.env, variable.reader(Variable()).list),
    .notYet("tokenAttributes", "service account tokens need a control plane; leave it out"),
  ])

  private static let variable = FieldTable<Variable>([
    .honoured("name", \.name, .name(.environmentVariable), required: true),
    .honoured("value", \.value, .string),
  ])

  private static let version = FieldReader<String>.string.then { text, place, reading -> String? in
    if text == "credentialprovider.kubelet.k8s.io/v1" { return text }
    reading.error(place, "expected credentialprovider.kubelet.k8s.io/v1, found \(text.quoted)")
    return nil
  }

  /// As the kubelet has it: the name is joined to a path.
  private static let fileName = FieldReader<String>.string.then { text, place, reading -> String? in
    let isName = !text.isEmpty && text != "." && text != ".." && !text.contains("/") && !text.contains(" ")
    if isName { return text }
    reading.error(place, "\(text.quoted) is no name of a program", hint: "a file name, without a path")
    return nil
  }
}
