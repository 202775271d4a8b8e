import PodModel

/// A name in an object that stands for something else.
struct Reference {
  /// What is named.
  enum Kind: String {
    case configMap = "ConfigMap"
    case secret = "Secret"
    case volume = "volume"
    case container = "container"
    case port = "port"
  }

  let kind: Kind
  let name: String
  let place: Place
  /// A value of it that must be there.
  var key: (name: String, place: Place)?
  /// Whether it may be missing.
  var optional = false
  /// Whether another reference of the same field names the object as a whole.
  var isRepeated = false
}

extension Reading {
  /// Remembers that the object being read names something.
  func refer(to kind: Reference.Kind, _ name: String, at place: Place) {
    references.append(Reference(kind: kind, name: name, place: place))
  }

  /// Reports every remembered reference of a kind that is none of `names`, and forgets them.
  func settle(_ kind: Reference.Kind, among names: [String], hint advice: String) {
    let known = Set(names)
    for reference in references where reference.kind == kind && !known.contains(reference.name) && tellsMore {
      error(
        reference.place,
        "there is no \(kind.rawValue) \(reference.name.quoted)",
        hint: Suggestion.known(names, for: reference.name) ?? advice
      )
    }
    references.removeAll { $0.kind == kind }
  }
}

extension Suggestion {
  /// The name that was meant, or else those that are there; nil where there are none.
  static func known(_ names: some Collection<String>, for name: String) -> String? {
    if names.isEmpty { return nil }
    if let meant = closest(to: name, among: names.prefix(200)) { return "did you mean \(meant)?" }
    let some = names.prefix(5).map { "\($0.unicodeScalars.prefix(63).printable)" }.joined(separator: ", ")
    return "there is \(some)" + (names.count > 5 ? " and \(names.count - 5) more" : "")
  }
}
