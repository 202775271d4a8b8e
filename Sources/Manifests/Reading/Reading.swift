import Yams

/// One manifest being read: collects what is wrong with it, and bounds the work that a hostile one can cause.
final class Reading {
  private(set) var diagnostics: [Diagnostic] = []
  /// Fields that are accepted and do nothing.
  private(set) var notes: [Diagnostic] = []
  /// What the object being read refers to, until somebody looks whether it is there.
  var references: [Reference] = []
  /// Volumes of the pod being read that a server has added and that are left out.
  var injectedVolumes: Set<String> = []
  /// The node that pods are to run on; nil where nobody asks whether they may.
  let node: NodeIdentity?
  private let source: SourceText
  private var visitsLeft: Int
  /// The file's name.
  var file: String { source.file }
  private var isExhausted = false

  /// Aliases make a short text long: this many nodes are visited, repetitions included.
  static let greatestVisits = 200_000
  /// Whoever has more problems than this has another one.
  static let greatestDiagnostics = 200

  init(_ source: SourceText, node: NodeIdentity? = nil) {
    self.source = source
    self.node = node
    visitsLeft = Self.greatestVisits
  }

  /// Whether a further problem would still be told; if not, looking for its cure is wasted.
  var tellsMore: Bool { diagnostics.count < Self.greatestDiagnostics }

  var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

  func error(_ place: Place, _ message: String, hint: String? = nil) { report(.error, place, message, hint) }

  func warning(_ place: Place, _ message: String, hint: String? = nil) { report(.warning, place, message, hint) }

  func note(_ place: Place, _ message: String) {
    guard notes.count < Self.greatestDiagnostics else { return }
    notes.append(source.diagnostic(.note, line: place.line, column: place.column, "\(place.path): \(message)"))
  }

  func report(_ diagnostic: Diagnostic) {
    // Errors always make it: without one, the pods would count as read.
    if diagnostics.count < Self.greatestDiagnostics || diagnostic.severity == .error && !hasErrors {
      diagnostics.append(diagnostic)
    }
  }

  private func report(_ severity: Diagnostic.Severity, _ place: Place, _ message: String, _ hint: String?) {
    if diagnostics.count >= Self.greatestDiagnostics, severity == .warning || hasErrors { return }
    let text = place.path.isEmpty ? message : "\(place.path): \(message)"
    report(source.diagnostic(severity, line: place.line, column: place.column, text, hint: hint))
  }

  /// False once the budget of visits is used up, which is reported the first time.
  func visit(_ place: Place) -> Bool {
    visitsLeft -= 1
    if visitsLeft >= 0 { return true }
    if !isExhausted {
      isExhausted = true
      let message = "more than \(Self.greatestVisits) values, aliases counted as often as they are used"
      report(source.diagnostic(.error, line: place.line, column: place.column, message))
    }
    return false
  }
}

/// A node and where it is, in the text and in the object.
struct Place {
  let node: Node
  /// `spec.containers[0].image`; empty for the whole document.
  let path: String

  var line: Int { node.mark?.line ?? 1 }
  var column: Int { node.mark?.column ?? 1 }

  /// What the node means when it is a scalar.
  var scalar: ScalarValue? {
    if case .scalar(let scalar) = node { ScalarValue(scalar) } else { nil }
  }

  var isNull: Bool { scalar == .null }

  /// Nothing, or a list of nothing: what says as much as a missing field.
  var isEmpty: Bool {
    if case .sequence(let sequence) = node { sequence.isEmpty } else { isNull }
  }

  /// What the node is, for people.
  var summary: String {
    switch node {
    case .mapping: "a mapping"
    case .sequence: "a list"
    default: scalar?.summary ?? "an alias"
    }
  }

  /// A part of this object or list, with its own node for a place.
  func part(_ name: String, _ node: Node) -> Place {
    Place(node: node, path: path.isEmpty ? name.asPathPart : "\(path).\(name.asPathPart)")
  }
}

/// A field of a mapping: its key and its value, each with its place.
struct Entry {
  let name: String
  let key: Place
  let value: Place
}

extension Place {
  /// The fields of a mapping in the order of the text, merge keys (`<<`) resolved; nil (reported) for anything else.
  func entries(_ reading: Reading) -> [Entry]? {
    guard case .mapping(let mapping) = node else {
      reading.error(self, "expected a mapping, found \(summary)")
      return nil
    }
    var entries: [Entry] = []
    var merged: [Place] = []
    for (key, value) in mapping {
      guard case .scalar(let name) = key else {
        reading.error(Place(node: key, path: path), "expected a name as key")
        continue
      }
      let entry = Entry(
        name: name.string,
        key: part(name.string, key),
        value: part(name.string, value)
      )
      guard reading.visit(entry.value) else { return nil }
      if name.string == "<<", name.style == .plain { merged += entry.merged } else { entries.append(entry) }
    }
    guard merged.isEmpty else { return self.entries(entries, merging: merged, reading) }
    return entries
  }

  /// What is written in the mapping itself wins, then what is merged first.
  private func entries(_ own: [Entry], merging merged: [Place], _ reading: Reading) -> [Entry]? {
    var names = Set(own.map(\.name))
    var entries = own
    for other in merged {
      guard let more = Place(node: other.node, path: path).entries(reading) else { return nil }
      for entry in more where names.insert(entry.name).inserted { entries.append(entry) }
    }
    return entries
  }

  /// The elements of a list; nil (reported) for anything else.
  func elements(_ reading: Reading) -> [Place]? {
    guard case .sequence(let sequence) = node else {
      reading.error(self, "expected a list, found \(summary)", hint: "begin each element with - ")
      return nil
    }
    var elements: [Place] = []
    for (index, element) in sequence.enumerated() {
      let place = Place(node: element, path: "\(path)[\(index)]")
      guard reading.visit(place) else { return nil }
      elements.append(place)
    }
    return elements
  }
}

extension Entry {
  /// The mappings that a merge key names: one, or a list of them.
  fileprivate var merged: [Place] {
    if case .sequence(let sequence) = value.node { sequence.map { Place(node: $0, path: value.path) } } else { [value] }
  }
}

extension String {
  /// A name as a part of a path: short, printable, quoted when it holds what paths are made of.
  fileprivate var asPathPart: String {
    let isPlain = utf8.count <= 64 && utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !".[]\"".utf8.contains($0) }
    return isPlain ? self : quoted
  }
}

// Looking again at what the tables have read, for checks across fields: nothing is reported.
extension Place {
  /// The elements of a list; none for anything else.
  var children: [Place] {
    guard case .sequence(let sequence) = node else { return [] }
    return sequence.enumerated().map { Place(node: $1, path: "\(path)[\($0)]") }
  }

  /// The value of a field that is there and not null.
  func child(_ name: String) -> Place? {
    var budget = 64
    return child(name, &budget)
  }

  /// What stands in the mapping itself wins over what is merged, of which a hostile text has any amount.
  private func child(_ name: String, _ budget: inout Int) -> Place? {
    budget -= 1
    guard budget >= 0, case .mapping(let mapping) = node else { return nil }
    var merged: [Place] = []
    for (key, value) in mapping {
      if key.scalar?.string == name {
        let place = part(name, value)
        return place.isNull ? nil : place
      }
      if let key = key.scalar, key.string == "<<", key.style == .plain { merged.append(Place(node: value, path: path)) }
    }
    for place in merged {
      let mappings = if case .sequence = place.node { place.children } else { [place] }
      for mapping in mappings where budget > 0 {
        if let found = Place(node: mapping.node, path: path).child(name, &budget) { return found }
      }
    }
    return nil
  }

  /// The place of a field, or of the object that lacks it.
  func field(_ name: String) -> Place { child(name) ?? part(name, node) }

  /// The text of a string.
  var text: String? {
    if case .string(let text) = scalar { text } else { nil }
  }
}
