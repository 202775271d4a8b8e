import PodModel

/// The variables that a pod defines for a container, each with its value (kubelet `makeEnvironmentVariables`).
struct ResolvedEnvironment {
  /// Names and values in the order in which they are defined; of equal names the last one counts.
  private(set) var ordered: [(name: String, value: String)] = []
  /// The same by name.
  private(set) var byName: [String: String] = [:]

  /// Whole objects first, then one variable after the other: each sees all before it.
  init(
    _ container: Container,
    _ sources: EnvironmentSources,
    _ facts: PodFacts
  ) throws(ConfigurationError) {
    let field = facts.pod.spec.field(of: container)
    for (index, source) in container.envFrom.enumerated() {
      do throws(EnvironmentProblem) {
        try add(source, sources)
      } catch {
        throw ConfigurationError("\(field).envFrom[\(index)]", error.text)
      }
    }
    for variable in container.env {
      let place = "\(field).env[\(variable.name)]"
      guard let value = try value(of: variable, container, sources, facts, place) else { continue }
      set(variable.name, value)
    }
    if let name = byName.first(where: { $0.value.utf8.contains(0) })?.key {
      throw ConfigurationError("\(field).env[\(name)]", "has a NUL byte in its value, which no variable can have")
    }
  }

  private mutating func add(_ source: EnvironmentSource, _ sources: EnvironmentSources) throws(EnvironmentProblem) {
    let values = try sources.texts(source.kind, source.name, optional: source.optional) ?? [:]
    for (key, value) in values.sorted(by: { $0.key < $1.key }) {
      let name = source.prefix + key
      if NameRule.environmentVariable.violation(in: name) == nil { set(name, value) }
    }
  }

  private mutating func set(_ name: String, _ value: String) {
    ordered.append((name, value))
    byName[name] = value
  }

  /// `nil` where the source may be missing and is: an equal name from before keeps its value then.
  private func value(
    of variable: EnvironmentVariable,
    _ container: Container,
    _ sources: EnvironmentSources,
    _ facts: PodFacts,
    _ place: String
  ) throws(ConfigurationError) -> String? {
    let namespace = facts.pod.metadata.namespace
    do throws(EnvironmentProblem) {
      switch variable.valueFrom {
      case nil: return Expansion.expand(variable.value, byName)
      case .configMap(let selector)?: return try sources.text(.configMap, selector, namespace: namespace)
      case .secret(let selector)?: return try sources.text(.secret, selector, namespace: namespace)
      case .pod(let source)?: return try told(source, container, facts)
      }
    } catch {
      throw ConfigurationError(place, error.text)
    }
  }

  private func told(
    _ source: PodFieldSource,
    _ container: Container,
    _ facts: PodFacts
  ) throws(EnvironmentProblem) -> String {
    do throws(ConfigurationError) { return try facts.value(of: source, for: container) } catch {
      throw EnvironmentProblem(error.description)
    }
  }
}
