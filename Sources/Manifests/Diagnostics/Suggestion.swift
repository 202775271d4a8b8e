/// What somebody who wrote `name` may have meant.
enum Suggestion {
  /// The nearest of `candidates`, when few enough letters differ to be a slip; nil otherwise.
  static func closest(to name: String, among candidates: some Sequence<String>) -> String? {
    let wanted = Array(name.lowercased().utf8.prefix(65))
    guard !wanted.isEmpty, wanted.count <= 64 else { return nil }
    var best: (candidate: String, distance: Int)?
    for candidate in candidates {
      let distance = distance(wanted, Array(candidate.lowercased().utf8))
      if distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    guard let best, best.distance <= max(1, min(wanted.count, best.candidate.utf8.count) / 3),
      best.distance < wanted.count
    else { return nil }
    return best.candidate
  }

  /// A name of which the other one is the end: `name` and `secretName`.
  static func sharingEnd(with name: String, among candidates: [String]) -> String? {
    let name = name.lowercased()
    return candidates.first { candidate in
      let candidate = candidate.lowercased()
      return min(name.utf8.count, candidate.utf8.count) >= 4 && (candidate.hasSuffix(name) || name.hasSuffix(candidate))
    }
  }

  /// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
  private static func distance(_ one: [UInt8], _ other: [UInt8]) -> Int {
    var beforePrevious: [Int] = []
    var previous = Array(0...other.count)
    for (row, letter) in one.enumerated() {
      var current = [row + 1]
      for (column, otherLetter) in other.enumerated() {
        var cost = min(
          previous[column + 1] + 1,
          current[column] + 1,
          previous[column] + (letter == otherLetter ? 0 : 1)
        )
        if row > 0, column > 0, letter == other[column - 1], one[row - 1] == otherLetter {
          cost = min(cost, beforePrevious[column - 1] + 1)
        }
        current.append(cost)
      }
      (beforePrevious, previous) = (previous, current)
    }
    return previous[other.count]
  }
}
