/// What a probe saw.
public enum Finding: Hashable, Sendable {
  /// It works; with what is worth saying about it.
  case works(String = "")
  /// It does not; with the kernel's answer or what was found instead.
  case fails(String)
  /// It could not be tried without changing something, or something else that it needs is missing.
  case unknown(String)

  /// What was found, in a few words.
  public var text: String {
    switch self {
    case .works(let text), .fails(let text), .unknown(let text): text
    }
  }

  /// Whether it works.
  public var works: Bool {
    if case .works = self { true } else { false }
  }
}
