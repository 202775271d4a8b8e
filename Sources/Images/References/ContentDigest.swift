/// The name of content by its hash: `sha256:` and 64 lower-case hexadecimal digits (OCI image specification, "Digests").
///
/// A value of this type has been checked, so its text may be part of a path or of a URL: nothing else may (CVE-2024-3727).
public struct ContentDigest: Hashable, Sendable, CustomStringConvertible {
  /// The hash functions that OCI registers.
  public enum Algorithm: String, Hashable, Sendable, CaseIterable {
    /// SHA-256, the only one that this store keeps content under.
    case sha256
    /// SHA-512.
    case sha512

    /// The length of the digest in hexadecimal digits.
    public var digits: Int {
      switch self {
      case .sha256: 64
      case .sha512: 128
      }
    }
  }

  /// How the content was hashed.
  public let algorithm: Algorithm
  /// The hash in lower-case hexadecimal.
  public let hex: String

  /// Reads `algorithm:hex`.
  ///
  /// - Throws: `ContentDigestError` unless the algorithm is known and exactly its number of lower-case digits follows.
  public init(_ text: String) throws(ContentDigestError) {
    let bytes = Array(text.utf8)
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else {
      throw ContentDigestError(text, "it has no algorithm: expected sha256:<64 hexadecimal digits>")
    }
    guard let algorithm = Algorithm(rawValue: String(decoding: bytes[..<colon], as: UTF8.self)) else {
      throw ContentDigestError(text, "unknown algorithm: expected sha256 or sha512, in lower case")
    }
    let digits = bytes[(colon + 1)...]
    guard digits.count == algorithm.digits else {
      throw ContentDigestError(text, "\(algorithm.rawValue) has \(algorithm.digits) digits, not \(digits.count)")
    }
    guard digits.allSatisfy(\.isLowercaseHexadecimal) else {
      throw ContentDigestError(text, "expected only the digits 0-9 and a-f after the colon, in lower case")
    }
    self.algorithm = algorithm
    hex = String(decoding: digits, as: UTF8.self)
  }

  /// A digest whose bytes were computed here.
  init(_ algorithm: Algorithm, bytes: some Sequence<UInt8>) {
    self.algorithm = algorithm
    hex = bytes.reduce(into: "") { text, byte in
      if byte < 16 { text.append("0") }
      text.append(String(byte, radix: 16))
    }
  }

  /// `sha256:…`.
  public var description: String { "\(algorithm.rawValue):\(hex)" }
}

/// Why a text is no digest.
public struct ContentDigestError: Error, Equatable, CustomStringConvertible {
  /// What was read; shortened.
  public let text: String
  /// What is wrong with it.
  public let reason: String

  init(_ text: String, _ reason: String) {
    self.text = text.shortenedForMessage
    self.reason = reason
  }

  /// `invalid digest "…": reason`.
  public var description: String { "invalid digest \"\(text)\": \(reason)" }
}

extension UInt8 {
  var isLowercaseHexadecimal: Bool { isDigit || (self >= UInt8(ascii: "a") && self <= UInt8(ascii: "f")) }
  var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
  var isLowercase: Bool { self >= UInt8(ascii: "a") && self <= UInt8(ascii: "z") }
  var isUppercase: Bool { self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") }
  var isLetter: Bool { isLowercase || isUppercase }
}

extension String {
  /// At most 120 characters, control characters replaced: what a message may repeat of untrusted text on a terminal.
  var shortenedForMessage: String { shortened(to: 120) }

  /// The same for another length.
  func shortened(to limit: Int) -> String {
    var text = ""
    for scalar in unicodeScalars.prefix(limit) {
      let isControl = scalar.value < 0x20 || (scalar.value >= 0x7F && scalar.value < 0xA0)
      text.unicodeScalars.append(isControl ? "\u{FFFD}" : scalar)
    }
    return unicodeScalars.count > limit ? text + "…" : text
  }
}
