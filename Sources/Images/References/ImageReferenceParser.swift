/// Takes a name apart: digest from the end, registry from the front, tag from what is left.
struct ImageReferenceParser {
  private let text: String
  private let bytes: [UInt8]

  /// More than the longest valid name; what is longer is not looked at.
  private static let longest = 1024

  init(_ text: String) {
    self.text = text
    bytes = Array(text.utf8)
  }

  func parse() throws(ImageReferenceError) -> ImageReference {
    guard !bytes.isEmpty else { throw failure("it is empty") }
    guard bytes.count <= Self.longest else { throw failure("it is longer than \(Self.longest) bytes") }
    if let byte = bytes.first(where: { $0 <= 0x20 || $0 >= 0x7F }) {
      throw failure(byte == 0x20 ? "it contains a space" : "it contains a character that is not printable ASCII")
    }
    let digits = text.hasPrefix("sha256:") ? bytes.dropFirst(7) : bytes[...]
    if digits.count == 64, digits.allSatisfy(\.isLowercaseHexadecimal) {
      throw failure("64 hexadecimal digits could be an image's id: write <name>@sha256:<digits>")
    }
    let (name, digest) = try splitDigest()
    let (domain, remainder) = try splitDomain(name)
    let (path, tag) = try splitTag(remainder)
    let full = domain == ImageReference.defaultDomain && !path.contains("/") ? "library/" + path : path
    guard full.utf8.count <= ImageReference.longestPath else {
      throw failure(
        "the repository is \(full.utf8.count) bytes long, at most \(ImageReference.longestPath) are allowed"
      )
    }
    return ImageReference(domain: domain, path: full, tag: tag, digest: digest)
  }

  private func failure(_ reason: String) -> ImageReferenceError { ImageReferenceError(text, reason) }

  private func string(_ slice: some Sequence<UInt8>) -> String { String(decoding: Array(slice), as: UTF8.self) }

  private func splitDigest() throws(ImageReferenceError) -> (ArraySlice<UInt8>, ContentDigest?) {
    guard let sign = bytes.firstIndex(of: UInt8(ascii: "@")) else { return (bytes[...], nil) }
    do throws(ContentDigestError) {
      return (bytes[..<sign], try ContentDigest(string(bytes[(sign + 1)...])))
    } catch {
      throw failure("what follows the @ is no digest: \(error.reason)")
    }
  }

  /// The first component is a registry only if it looks like one: a dot, a port, `localhost`, or capital letters,
  /// which no repository may have.
  private func splitDomain(_ name: ArraySlice<UInt8>) throws(ImageReferenceError) -> (String, ArraySlice<UInt8>) {
    guard let slash = name.firstIndex(of: UInt8(ascii: "/")) else { return (ImageReference.defaultDomain, name) }
    let first = name[..<slash]
    let looksLikeDomain =
      first.contains { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":") || $0.isUppercase }
      || first.elementsEqual("localhost".utf8)
    guard looksLikeDomain else { return (ImageReference.defaultDomain, name) }
    guard first.count <= ImageReference.longestDomain else {
      throw failure("the registry is longer than \(ImageReference.longestDomain) bytes")
    }
    if let reason = DomainGrammar.fault(in: first) { throw failure("the registry \"\(string(first))\" \(reason)") }
    let domain = string(first)
    return (domain == "index.docker.io" ? ImageReference.defaultDomain : domain, name[(slash + 1)...])
  }

  private func splitTag(_ remainder: ArraySlice<UInt8>) throws(ImageReferenceError) -> (String, String?) {
    let colon = remainder.firstIndex(of: UInt8(ascii: ":"))
    let path = remainder[..<(colon ?? remainder.endIndex)]
    if path.contains(where: \.isUppercase) {
      throw failure("a repository is written in lower case: \"\(string(path).lowercased())\"")
    }
    for component in path.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
      if let reason = PathGrammar.fault(in: component) { throw failure(reason) }
    }
    guard let colon else { return (string(path), nil) }
    let tag = remainder[(colon + 1)...]
    if let reason = TagGrammar.fault(in: tag) { throw failure(reason) }
    return (string(path), string(tag))
  }
}

/// `host`, `host.example:5000`, `[fc00::1]:5000`.
private enum DomainGrammar {
  static func fault(in domain: ArraySlice<UInt8>) -> String? {
    let host: ArraySlice<UInt8>
    let rest: ArraySlice<UInt8>
    if domain.first == UInt8(ascii: "[") {
      guard let end = domain.firstIndex(of: UInt8(ascii: "]")) else { return "has no closing bracket" }
      let address = domain[(domain.startIndex + 1)..<end]
      let isAddress = address.allSatisfy {
        $0.isDigit || $0 == UInt8(ascii: ":") || ($0 | 0x20) >= UInt8(ascii: "a") && ($0 | 0x20) <= UInt8(ascii: "f")
      }
      guard !address.isEmpty, isAddress else { return "has no IPv6 address between its brackets" }
      rest = domain[(end + 1)...]
    } else {
      host = domain[..<(domain.firstIndex(of: UInt8(ascii: ":")) ?? domain.endIndex)]
      rest = domain[host.endIndex...]
      for label in host.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false) {
        guard let first = label.first, let last = label.last else { return "has an empty part between its dots" }
        guard isAlphanumeric(first), isAlphanumeric(last) else {
          return "has a part that does not begin and end with a letter or digit"
        }
        guard label.allSatisfy({ isAlphanumeric($0) || $0 == UInt8(ascii: "-") }) else {
          return "may only have letters, digits, dots and hyphens"
        }
      }
    }
    guard let colon = rest.first else { return nil }
    let port = rest.dropFirst()
    guard colon == UInt8(ascii: ":"), !port.isEmpty, port.count <= 5, port.allSatisfy(\.isDigit) else {
      return "has no valid port after its colon"
    }
    return nil
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool { byte.isLetter || byte.isDigit }
}

/// Runs of a-z and 0-9, joined by one dot, one or two underscores, or any number of hyphens.
private enum PathGrammar {
  static func fault(in component: ArraySlice<UInt8>) -> String? {
    guard let first = component.first, let last = component.last else {
      return "a part of the repository between slashes is empty"
    }
    guard isAlphanumeric(first), isAlphanumeric(last) else {
      return "each part of the repository begins and ends with a letter or digit"
    }
    var separator: [UInt8] = []
    for byte in component {
      if isAlphanumeric(byte) {
        guard isSeparator(separator) else {
          return "inside the repository, words are joined by one dot, one or two underscores, or hyphens"
        }
        separator = []
      } else {
        guard byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") else {
          return "the repository may not contain \"\(Character(Unicode.Scalar(byte)))\""
        }
        separator.append(byte)
      }
    }
    return nil
  }

  private static func isSeparator(_ bytes: [UInt8]) -> Bool {
    switch bytes.count {
    case 0: true
    case 1: true
    default:
      bytes.allSatisfy { $0 == UInt8(ascii: "-") } || (bytes.count == 2 && bytes.allSatisfy { $0 == UInt8(ascii: "_") })
    }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool { byte.isLowercase || byte.isDigit }
}

/// A letter, digit or underscore, then up to 127 of these, dots and hyphens.
private enum TagGrammar {
  static func fault(in tag: ArraySlice<UInt8>) -> String? {
    guard let first = tag.first else { return "there is no tag after the colon" }
    guard tag.count <= ImageReference.longestTag else {
      return "the tag is \(tag.count) bytes long, at most \(ImageReference.longestTag) are allowed"
    }
    guard isWord(first) else { return "a tag begins with a letter, a digit or an underscore" }
    guard tag.allSatisfy({ isWord($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }) else {
      return "a tag may only have letters, digits, underscores, dots and hyphens"
    }
    return nil
  }

  private static func isWord(_ byte: UInt8) -> Bool { byte.isLetter || byte.isDigit || byte == UInt8(ascii: "_") }
}
