/// Why a JSON document of an image, or one of the store's own, is refused.
public struct DocumentError: Error, Equatable, CustomStringConvertible {
  /// What the document is: "image configuration", "manifest" …
  public let document: String
  /// The field, such as `config.Env[2]`; empty for the document as a whole.
  public let field: String
  /// What was expected and what was found.
  public let reason: String

  init(_ document: String, _ field: String, _ reason: String) {
    self.document = document
    self.field = field.shortenedForMessage
    // What it repeats of the document is shorter by itself.
    self.reason = reason.shortened(to: 400)
  }

  /// `image configuration: config.Env[2]: contains a NUL`.
  public var description: String { field.isEmpty ? "\(document): \(reason)" : "\(document): \(field): \(reason)" }
}
