/// Refuses, before the text is composed, what would make the composer work without end.
///
/// Yams hashes every key of a mapping to find duplicates. A key that is a collection is hashed with all that is in it:
/// aliases in it multiply ("nine times nine times nine…"), and keys nested in keys are hashed once per level. Manifests
/// have no such keys, so the screen may err on the side of refusing: it looks at bytes and knows nothing of quoting.
struct KeyScreen {
  /// Why the text is refused, and the byte where.
  struct Refusal: Equatable {
    var offset: Int
    var reason: String
  }

  /// The work that nested explicit keys may cause, in bytes hashed.
  private static let greatestWork = 16 << 20

  private let bytes: [UInt8]

  init(_ text: String) { bytes = Array(text.utf8) }

  func refusal() -> Refusal? {
    let explicitKeys = bytes.indices.filter(isExplicitKey)
    if let first = explicitKeys.first, explicitKeys.count > Self.greatestWork / bytes.count {
      return Refusal(offset: first, reason: "too many keys marked with ? for a text of this size")
    }
    let aliases = aliases()
    if aliases.isEmpty { return nil }
    if let key = explicitKeys.first {
      return Refusal(offset: key, reason: "a key marked with ? is not allowed in a text that has aliases")
    }
    return aliasWithinKey(aliases).map { Refusal(offset: $0, reason: "an alias cannot be a key or a part of one") }
  }

  /// A question mark where a token may begin, and where it is not the beginning of a plain word in a block.
  private func isExplicitKey(_ index: Int) -> Bool {
    guard bytes[index] == UInt8(ascii: "?") else { return false }
    guard index > 0 else { return true }
    let before = bytes[index - 1]
    return before <= 0x20 || before >= 0x7F || "[{,:-?".utf8.contains(before)
  }

  /// Offsets of everything that looks like `*name` when `&name` stands before it.
  private func aliases() -> [Int] {
    var anchors: Set<ArraySlice<UInt8>> = []
    var aliases: [Int] = []
    for index in bytes.indices {
      switch bytes[index] {
      case UInt8(ascii: "&"): anchors.insert(name(after: index))
      case UInt8(ascii: "*"):
        if anchors.contains(name(after: index)), !name(after: index).isEmpty { aliases.append(index) }
      default: break
      }
    }
    return aliases
  }

  private func name(after index: Int) -> ArraySlice<UInt8> {
    bytes[(index + 1)...].prefix { byte in
      (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-")
    }
  }

  /// An implicit key ends on its own line, with the alias itself or with the collection around it.
  private func aliasWithinKey(_ aliases: [Int]) -> Int? {
    var rest = aliases[...]
    while let alias = rest.first {
      var index = alias
      var mayEndKey = false
      while index < bytes.count, bytes[index] != 0x0A, bytes[index] != 0x0D {
        if index == rest.first {
          rest.removeFirst()
          index += name(after: index).count
          mayEndKey = true
        } else if bytes[index] == UInt8(ascii: ":"), mayEndKey {
          return alias
        } else if bytes[index] == UInt8(ascii: "]") || bytes[index] == UInt8(ascii: "}") {
          mayEndKey = true
        } else if bytes[index] != 0x20, bytes[index] != 0x09 {
          mayEndKey = false
        }
        index += 1
      }
    }
    return nil
  }
}
