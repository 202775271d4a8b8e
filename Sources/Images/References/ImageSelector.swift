/// What a person writes to mean an image of the store: a name, a name with a digest, an id, a digest, or the beginning of
/// one of these two, as `docker` and `podman` take it.
public struct ImageSelector: Hashable, Sendable, CustomStringConvertible {
  /// As it was written.
  public let text: String
  /// The text read as a name; nil for what can only be an id.
  public let name: ImageReference?
  /// The text read as the beginning of an id or a digest, in hexadecimal digits; nil for what can only be a name.
  public let digits: String?

  /// Shorter beginnings are words more often than ids.
  private static let fewestDigits = 4

  /// Reads a text.
  ///
  /// - Throws: `ImageReferenceError` for what is neither.
  public init(_ text: String) throws(ImageReferenceError) {
    self.text = text
    let hasAlgorithm = text.hasPrefix("sha256:")
    let rest = text.dropFirst(hasAlgorithm ? 7 : 0)
    let mayBeginID =
      (Self.fewestDigits...64).contains(rest.utf8.count) && rest.utf8.allSatisfy(\.isLowercaseHexadecimal)
    digits = mayBeginID ? String(rest) : nil
    do throws(ImageReferenceError) {
      name = try ImageReference(text)
    } catch {
      guard mayBeginID else { throw error }
      name = nil
    }
  }

  /// Means a name and nothing else.
  public init(_ name: ImageReference) {
    text = name.description
    self.name = name
    digits = nil
  }

  /// As it was written.
  public var description: String { text }
}
