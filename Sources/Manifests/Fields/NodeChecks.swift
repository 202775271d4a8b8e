import PodModel
import Yams

/// Whether this node is one that the pod may run on: its `nodeSelector`, and the required terms of its node affinity, of
/// which one must hold.
enum NodeChecks {
  static func check(_ places: ObjectPlaces, _ reading: Reading) {
    if let affinity = places["affinity"] {
      for name in ["podAffinity", "podAntiAffinity"] {
        guard let place = affinity.child(name) else { continue }
        reading.warning(place, "without effect on a single node", hint: "the pod runs here whatever runs beside it")
      }
      if let required = affinity.child("nodeAffinity")?.child(SchedulingFields.required) {
        checkTerms(required, reading)
      }
    }
    guard let node = reading.node else { return }
    if let place = places["nodeName"], let name = place.text, !name.isEmpty, name != node.name {
      reading.warning(
        place,
        "the pod runs on this node, \(node.name.quoted), and not on \(name.quoted)",
        hint: "leave nodeName out"
      )
    }
    if let selector = places["nodeSelector"] { checkSelector(selector, node, reading) }
  }

  private static func checkSelector(_ selector: Place, _ node: NodeIdentity, _ reading: Reading) {
    guard case .mapping(let mapping) = selector.node else { return }
    for (key, value) in mapping where reading.tellsMore {
      guard let name = key.scalar?.string else { continue }
      let place = selector.part(name, value)
      guard let wanted = place.text, node.labels[name] != wanted else { continue }
      report(place, NodeRequirement(name, .in, [wanted]), node.labels, reading)
    }
  }

  /// One term is enough, within a term everything must hold. A term of nothing holds for no node.
  private static func checkTerms(_ required: Place, _ reading: Reading) {
    let terms = required.child("nodeSelectorTerms")
    guard let places = terms?.children, !places.isEmpty else {
      reading.error(terms ?? required, "needs at least one of nodeSelectorTerms")
      return
    }
    var unmet: (place: Place, requirement: NodeRequirement, labels: [String: String])?
    var isMet = false
    var isWhole = true
    for place in places where reading.tellsMore {
      let term = Term(place, reading)
      isWhole = isWhole && term.isWhole
      guard let node = reading.node else { continue }
      let first = term.requirements.first { !$0.requirement.isMet(by: $0.isAboutName ? node.fields : node.labels) }
      if let first {
        if unmet == nil { unmet = (first.place, first.requirement, first.isAboutName ? node.fields : node.labels) }
      } else if !term.requirements.isEmpty {
        isMet = true
      }
    }
    guard let node = reading.node, isWhole, !isMet else { return }
    if let unmet {
      report(unmet.place, unmet.requirement, unmet.labels, reading)
    } else {
      reading.error(required, "the terms hold for no node: they require nothing", hint: "this node is \(node.name)")
    }
  }

  private static func report(
    _ place: Place,
    _ requirement: NodeRequirement,
    _ labels: [String: String],
    _ reading: Reading
  ) {
    let key = requirement.key
    let found = labels[key].map { "which is \($0.quoted) here" } ?? "which this node does not have"
    let wanted =
      requirement.values.isEmpty ? "" : " \(requirement.values.prefix(5).map(\.quoted).joined(separator: ", "))"
    reading.error(
      place,
      "this node does not fit: required is \(key.quoted) \(requirement.operator.rawValue)\(wanted), \(found)",
      hint: labels[key] == nil && key != "metadata.name"
        ? "label the node by nodeLabels in the configuration file, or remove the requirement" : "remove the requirement"
    )
  }
}

/// A `v1.NodeSelectorTerm`, as far as it can be read.
private struct Term {
  private(set) var requirements: [(place: Place, requirement: NodeRequirement, isAboutName: Bool)] = []
  /// Whether all of it could be read.
  private(set) var isWhole = true

  init(_ place: Place, _ reading: Reading) {
    for (field, isAboutName) in [("matchExpressions", false), ("matchFields", true)] {
      for part in place.child(field)?.children ?? [] {
        if let requirement = Self.requirement(part, isAboutName: isAboutName, reading) {
          requirements.append((part, requirement, isAboutName))
        } else {
          isWhole = false
        }
      }
    }
  }

  private static func requirement(_ place: Place, isAboutName: Bool, _ reading: Reading) -> NodeRequirement? {
    guard let key = place.child("key"), let name = key.text else {
      if place.child("key") == nil { reading.error(place.field("key"), "required") }
      return nil
    }
    if isAboutName, name != "metadata.name" {
      reading.error(key, "expected metadata.name, found \(name.quoted)")
      return nil
    }
    guard let word = place.child("operator") else {
      reading.error(place.field("operator"), "required")
      return nil
    }
    guard let comparison = FieldReader<NodeRequirement.Operator>.choice().read(word, reading) else { return nil }
    let values = (place.child("values")?.children ?? []).compactMap(\.text)
    if let problem = comparison.problem(withCount: values.count) {
      reading.error(place.field("values"), problem)
      return nil
    }
    return NodeRequirement(name, comparison, values)
  }
}

extension NodeIdentity {
  /// What `matchFields` can name.
  fileprivate var fields: [String: String] { ["metadata.name": name] }
}
