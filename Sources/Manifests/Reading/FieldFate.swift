/// What becomes of a field of the Pod API.
public enum FieldFate: Equatable, Sendable {
  /// It is read and acted upon.
  case honoured
  /// It is accepted and kept; nothing on a single node could come of it.
  case withoutEffect
  /// It is refused; with what to do instead.
  case notYet(String)

  /// The class in words.
  public var title: String {
    switch self {
    case .honoured: "honoured"
    case .withoutEffect: "without effect here"
    case .notYet: "not yet"
    }
  }

  /// What to do instead.
  public var advice: String? {
    if case .notYet(let advice) = self { advice } else { nil }
  }
}
