import PodModel

/// The ConfigMaps and Secrets that the variables of a container come from, looked up: what is not in here does not exist.
struct EnvironmentSources {
  var configMaps: [String: ConfigMap] = [:]
  var secrets: [String: Secret] = [:]

  /// Nothing exists.
  init() {}

  /// Looks up what a container refers to, each object once.
  init(of container: Container, in pod: Pod, from source: any ObjectSource) async throws(ConfigurationError) {
    let field = pod.spec.field(of: container)
    let namespace = pod.metadata.namespace
    for (name, place) in Self.names(.configMap, container) where configMaps[name] == nil {
      do { configMaps[name] = try await source.configMap(name, namespace: namespace) } catch {
        throw ConfigurationError("\(field).\(place)", "configmap \"\(name)\": \(error)")
      }
    }
    for (name, place) in Self.names(.secret, container) where secrets[name] == nil {
      do { secrets[name] = try await source.secret(name, namespace: namespace) } catch {
        throw ConfigurationError("\(field).\(place)", "secret \"\(name)\": \(error)")
      }
    }
  }

  /// What is referred to, and which fields do.
  private static func names(
    _ kind: EnvironmentSource.Kind,
    _ container: Container
  ) -> [(name: String, place: String)] {
    let whole = container.envFrom.filter { $0.kind == kind }.map { ($0.name, "envFrom") }
    let single = container.env.compactMap { variable -> (String, String)? in
      switch variable.valueFrom {
      case .configMap(let selector)? where kind == .configMap: (selector.name, "env[\(variable.name)]")
      case .secret(let selector)? where kind == .secret: (selector.name, "env[\(variable.name)]")
      default: nil
      }
    }
    return whole + single
  }

  /// The values of an object as texts; `nil` if it may be missing and is.
  func texts(
    _ kind: EnvironmentSource.Kind,
    _ name: String,
    optional: Bool
  ) throws(EnvironmentProblem) -> [String: String]? {
    let found: [String: String]?
    switch kind {
    case .configMap: found = configMaps[name]?.data
    case .secret: found = secrets[name]?.data.mapValues { String(decoding: $0, as: UTF8.self) }
    }
    if found == nil && !optional {
      throw EnvironmentProblem("\(kind == .configMap ? "configmap" : "secret") \"\(name)\" not found")
    }
    return found
  }

  /// One value; `nil` if it may be missing and is.
  func text(
    _ kind: EnvironmentSource.Kind,
    _ selector: KeySelector,
    namespace: String
  ) throws(EnvironmentProblem) -> String? {
    guard let texts = try texts(kind, selector.name, optional: selector.optional) else { return nil }
    if let text = texts[selector.key] { return text }
    if selector.optional { return nil }
    let object = kind == .configMap ? "ConfigMap" : "Secret"
    throw EnvironmentProblem("couldn't find key \(selector.key) in \(object) \(namespace)/\(selector.name)")
  }
}

/// What is wrong with a source, in the kubelet's words, before anybody knows which field refers to it.
struct EnvironmentProblem: Error {
  let text: String

  init(_ text: String) { self.text = text }
}
