import JSONText

/// A value inside an untrusted document that knows where it stands. `null` counts as absent, as in every Go reader.
struct DocumentField {
  let document: String
  let path: String
  private let value: JSONValue?

  /// Reads a whole document.
  ///
  /// - Throws: `DocumentError` unless it is one JSON object within `limit` bytes and without duplicate names.
  init(_ document: String, _ bytes: [UInt8], limit: Int) throws(DocumentError) {
    self.document = document
    path = ""
    do throws(JSONTextError) {
      value = try JSONValue(parsing: bytes, limits: JSONLimits(bytes: limit, depth: 32, values: 200_000))
    } catch {
      throw DocumentError(document, "", "not acceptable JSON: \(error)")
    }
    _ = try members()
  }

  private init(_ document: String, _ path: String, _ value: JSONValue?) {
    self.document = document
    self.path = path
    self.value = value == .null ? nil : value
  }

  var isPresent: Bool { value != nil }

  func failure(_ reason: String) -> DocumentError { DocumentError(document, path, reason) }

  /// The member called `name`; absent when the object is.
  subscript(name: String) -> DocumentField {
    DocumentField(document, path.isEmpty ? name : "\(path).\(name)", value?[name])
  }

  func members() throws(DocumentError) -> [(name: String, field: DocumentField)] {
    guard let value else { return [] }
    guard let members = value.members else { throw failure("expected an object") }
    return members.map { (name: $0.name, field: DocumentField(document, "\(path)[\"\($0.name)\"]", $0.value)) }
  }

  func elements(atMost limit: Int) throws(DocumentError) -> [DocumentField]? {
    guard let value else { return nil }
    guard let elements = value.array else { throw failure("expected a list") }
    guard elements.count <= limit else { throw failure("has \(elements.count) elements, at most \(limit) are allowed") }
    return elements.enumerated().map { DocumentField(document, "\(path)[\($0.offset)]", $0.element) }
  }

  /// A string of at most `limit` bytes without NUL; nil when absent.
  func string(atMost limit: Int) throws(DocumentError) -> String? {
    guard let value else { return nil }
    guard let text = value.string else { throw failure("expected a string") }
    return try checked(text, atMost: limit)
  }

  func requiredString(atMost limit: Int) throws(DocumentError) -> String {
    guard let text = try string(atMost: limit) else { throw failure("is missing") }
    return text
  }

  func checked(_ text: String, atMost limit: Int) throws(DocumentError) -> String {
    guard text.utf8.count <= limit else {
      throw failure("is \(text.utf8.count) bytes long, at most \(limit) are allowed")
    }
    guard !text.utf8.contains(0) else { throw failure("contains a NUL") }
    return text
  }

  /// A count or size: an integer that is not negative.
  func count() throws(DocumentError) -> Int64 {
    guard let value else { throw failure("is missing") }
    guard let number = value.integer, number >= 0 else { throw failure("expected an integer that is not negative") }
    return number
  }

  func digest() throws(DocumentError) -> ContentDigest {
    let text = try requiredString(atMost: 256)
    do throws(ContentDigestError) {
      return try ContentDigest(text)
    } catch {
      throw failure(error.description)
    }
  }
}
