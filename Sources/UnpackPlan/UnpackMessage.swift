import JSONText

/// The child's one message: one line of JSON on the report pipe, written once, at the end.
public enum UnpackMessage: Equatable, Sendable {
  /// The archive lies unpacked.
  case done(UnpackReport)
  /// It does not; what lies there is to be removed.
  case failed(UnpackFailure)

  /// The version of these messages and of the limits' format.
  public static let version: Int64 = 2

  /// The message as JSON text.
  public var serialized: [UInt8] {
    let body =
      switch self {
      case .done(let report): JSONMember("done", report.json)
      case .failed(let failure): JSONMember("failed", failure.json)
      }
    return JSONValue.object([body, JSONMember("version", .integer(Self.version))]).serialized()
  }

  /// Reads an untrusted message.
  ///
  /// - Throws: `UnpackMessageError`.
  public init(parsing bytes: [UInt8]) throws(UnpackMessageError) {
    let value = try UnpackMessageError.parse(bytes, limit: UnpackReport.limit)
    guard value["version"]?.integer == Self.version else {
      throw UnpackMessageError(
        "version: expected \(Self.version); swiftlet and swiftlet-unpack are of different releases"
      )
    }
    switch (value["done"], value["failed"]) {
    case (let done?, nil): self = .done(try UnpackReport(done))
    case (nil, let failed?): self = .failed(try UnpackFailure(failed))
    default: throw UnpackMessageError("expected either done or failed")
    }
  }
}

extension UnpackReport {
  var json: JSONValue {
    .object([
      JSONMember("archiveBytes", .integer(archiveBytes)),
      JSONMember("contentBytes", .integer(contentBytes)),
      JSONMember("diffID", .string(diffID)),
      JSONMember("entries", .integer(entries)),
      JSONMember("impliedDirectories", Self.list(impliedDirectories)),
      JSONMember("opaqueDirectories", Self.list(opaqueDirectories)),
      JSONMember("plainBytes", .integer(plainBytes)),
      JSONMember(
        "skipped",
        .object(
          skipped.sorted { $0.key.rawValue < $1.key.rawValue }.map { JSONMember($0.key.rawValue, .integer($0.value)) }
        )
      ),
    ])
  }

  init(_ value: JSONValue) throws(UnpackMessageError) {
    self.init()
    diffID = try Self.hash(value, "diffID")
    archiveBytes = try Self.count(value, "archiveBytes")
    plainBytes = try Self.count(value, "plainBytes")
    contentBytes = try Self.count(value, "contentBytes")
    entries = try Self.count(value, "entries")
    impliedDirectories = try Self.directories(value, "impliedDirectories")
    opaqueDirectories = try Self.directories(value, "opaqueDirectories")
    guard let counts = value["skipped"]?.members else { throw UnpackMessageError("skipped: expected an object") }
    for count in counts {
      guard let kind = UnpackSkip(rawValue: count.name), let number = count.value.integer, number > 0 else {
        throw UnpackMessageError("skipped: expected known names and counts above 0")
      }
      skipped[kind] = number
    }
  }

  private static func count(_ value: JSONValue, _ name: String) throws(UnpackMessageError) -> Int64 {
    guard let number = value[name]?.integer, number >= 0 else {
      throw UnpackMessageError("\(name): expected a count")
    }
    return number
  }

  private static func hash(_ value: JSONValue, _ name: String) throws(UnpackMessageError) -> String {
    guard let text = value[name]?.string, text.utf8.count == 64, text.utf8.allSatisfy({ digit($0) != nil }) else {
      throw UnpackMessageError("\(name): expected 64 hexadecimal digits")
    }
    return text
  }

  private static func list(_ paths: [[UInt8]]) -> JSONValue { .array(paths.map { .string(hexadecimal($0)) }) }

  private static func directories(_ value: JSONValue, _ name: String) throws(UnpackMessageError) -> [[UInt8]] {
    guard let list = value[name]?.array else { throw UnpackMessageError("\(name): expected a list") }
    var paths: [[UInt8]] = []
    for element in list { paths.append(try directory(element, name)) }
    return paths
  }

  /// A name that could leave the layer is refused here, before any system call sees it.
  private static func directory(_ value: JSONValue, _ name: String) throws(UnpackMessageError) -> [UInt8] {
    guard let text = value.string, let bytes = bytes(text), bytes.count <= 4095, !bytes.contains(0) else {
      throw UnpackMessageError("\(name): expected hexadecimal digits of a path")
    }
    if bytes.isEmpty { return bytes }
    for component in bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
      guard !component.isEmpty, !component.elementsEqual(".".utf8), !component.elementsEqual("..".utf8) else {
        throw UnpackMessageError("\(name): expected a path without empty parts, . and ..")
      }
    }
    return bytes
  }

  static func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count &* 2)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  private static func bytes(_ text: String) -> [UInt8]? {
    let digits = text.utf8.map(digit)
    guard digits.count.isMultiple(of: 2) else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = digits[index], let low = digits[index + 1] else { return nil }
      bytes.append(high << 4 | low)
    }
    return bytes
  }

  /// The value of a lower-case hexadecimal digit.
  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    default: nil
    }
  }
}

extension UnpackFailure {
  var json: JSONValue {
    .object([
      JSONMember("detail", .string(Self.brief(detail))),
      JSONMember("entry", .string(Self.brief(entry))),
      JSONMember("kind", .string(kind.rawValue)),
    ])
  }

  init(_ value: JSONValue) throws(UnpackMessageError) {
    guard
      let detail = value["detail"]?.string, let entry = value["entry"]?.string,
      let kind = value["kind"]?.string.flatMap(Kind.init(rawValue:))
    else { throw UnpackMessageError("failed: expected detail, entry and a known kind") }
    self.init(kind, entry: Self.brief(entry), Self.brief(detail))
  }

  /// At most 512 characters, control characters replaced: this text ends on a terminal.
  private static func brief(_ text: String) -> String {
    var brief = ""
    for scalar in text.unicodeScalars.prefix(512) {
      let isControl = scalar.value < 0x20 || (scalar.value >= 0x7F && scalar.value < 0xA0)
      brief.unicodeScalars.append(isControl ? "\u{FFFD}" : scalar)
    }
    return brief
  }
}
