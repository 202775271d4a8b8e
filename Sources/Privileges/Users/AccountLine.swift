/// Lines of `etc/passwd` and `etc/group` (passwd(5), group(5)) from an image: untrusted bytes.
///
/// Where containerd's parser takes a broken number for 0, which is root, a line that is asked for must be right here.
/// Lines that nobody asks for may be anything.
struct AccountFile {
  /// `etc/passwd` or `etc/group`.
  let name: String
  private let bytes: [UInt8]

  init(name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
  }

  /// The first line for which `matches` holds.
  func first(where matches: (AccountLine) -> Bool) -> AccountLine? {
    var found: AccountLine?
    forEachLine { line in
      if matches(line) { found = line }
      return found == nil
    }
    return found
  }

  /// Calls `visit` with every line that has content until it answers false. Comments and the `+` and `-` lines of NIS
  /// are left out.
  func forEachLine(_ visit: (AccountLine) -> Bool) {
    var start = 0
    var number = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
      number += 1
      let line = Self.trimmed(bytes[start..<end])
      start = end + 1
      guard let first = line.first, first != UInt8(ascii: "#"), first != UInt8(ascii: "+"), first != UInt8(ascii: "-")
      else { continue }
      let fields = line.split(separator: UInt8(ascii: ":"), maxSplits: 7, omittingEmptySubsequences: false)
      if !visit(AccountLine(place: "\(name):\(number)", fields: fields)) { return }
    }
  }

  private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0d).contains($0) }
    guard let first = line.firstIndex(where: { !isSpace($0) }), let last = line.lastIndex(where: { !isSpace($0) })
    else { return [] }
    return line[first...last]
  }
}

/// One line, split at its colons.
struct AccountLine {
  /// `etc/passwd:3`.
  let place: String
  private let fields: [ArraySlice<UInt8>]

  fileprivate init(place: String, fields: [ArraySlice<UInt8>]) {
    self.place = place
    self.fields = fields
  }

  func field(_ index: Int) -> ArraySlice<UInt8> { index < fields.count ? fields[index] : [] }

  /// Whether a field is exactly these bytes.
  func field(_ index: Int, is text: String) -> Bool { field(index).elementsEqual(text.utf8) }

  /// Whether the comma-separated list in a field has this element.
  func list(_ index: Int, contains text: String) -> Bool {
    field(index).split(separator: UInt8(ascii: ",")).contains { $0.elementsEqual(text.utf8) }
  }

  /// Whether a field is this id, written as a plain decimal number.
  func field(_ index: Int, isID id: UInt32) -> Bool { AccountID(digits: field(index))?.value == id }

  /// The id in a field.
  ///
  /// - Throws: ``PrivilegesError`` with the line when it is no number from 0 to 2147483647.
  func id(_ index: Int, _ what: String) throws(PrivilegesError) -> UInt32 {
    guard let id = AccountID(digits: field(index)) else {
      let text = quoted(String(decoding: field(index), as: UTF8.self))
      throw PrivilegesError(
        .invalid,
        place,
        "the image's file has \(text) where \(what) from 0 to \(AccountID.maximum) is expected"
      )
    }
    return id.value
  }

  /// The text in a field.
  ///
  /// - Throws: ``PrivilegesError`` with the line for control bytes and what is no UTF-8.
  func text(_ index: Int) throws(PrivilegesError) -> String {
    let field = field(index)
    guard !field.contains(where: { $0 < 0x20 || $0 == 0x7f }), let text = String(validating: field, as: UTF8.self)
    else {
      throw PrivilegesError(.invalid, place, "the image's file has control bytes here, or what is no UTF-8")
    }
    return text
  }
}

/// A user or group id as runc and containerd take them.
struct AccountID: Hashable {
  /// 2³¹-1. The kernel knows more, but larger ids have wrapped around to root in more than one runtime
  /// (CVE-2024-40635).
  static let maximum: UInt32 = 0x7fff_ffff

  let value: UInt32

  /// Reads ASCII digits and nothing else; `nil` for anything else and for what is too large.
  init?(digits: some Collection<UInt8>) {
    guard !digits.isEmpty, digits.count <= 32 else { return nil }
    var value: UInt64 = 0
    for digit in digits {
      guard (0x30...0x39).contains(digit) else { return nil }
      value = min(value * 10 + UInt64(digit - 0x30), UInt64(UInt32.max))
    }
    guard value <= UInt64(Self.maximum) else { return nil }
    self.value = UInt32(value)
  }

  /// Takes a number of a pod; `nil` when it is out of range.
  init?(_ number: Int64) {
    guard let value = UInt32(exactly: number), value <= Self.maximum else { return nil }
    self.value = value
  }
}
