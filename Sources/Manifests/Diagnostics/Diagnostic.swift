/// One problem of a manifest, with its place.
public struct Diagnostic: Equatable, Sendable, CustomStringConvertible {
  /// How bad it is.
  public enum Severity: String, Sendable {
    /// Nothing of the text is used.
    case error
    /// Probably not what its author means.
    case warning
    /// Accepted, and nothing comes of it.
    case note
  }

  /// The file as its reader was told.
  public var file: String
  /// From 1.
  public var line: Int
  /// From 1, in Unicode scalars.
  public var column: Int
  /// How bad it is.
  public var severity: Severity
  /// The field and what is wrong with it.
  public var message: String
  /// What to do about it.
  public var hint: String?
  /// The line, or the part of a long one around the column; without control characters.
  public var sourceLine: String
  /// Where in `sourceLine` the column is, from 0, in Unicode scalars.
  public var sourceColumn: Int

  /// `pod.yaml:7:11: error: spec.hostNetwrk: unknown field; did you mean hostNetwork?`
  public var description: String {
    "\(file):\(line):\(column): \(severity.rawValue): \(message)" + (hint.map { "; \($0)" } ?? "")
  }

  /// The description, the line below it and a caret below the column, as compilers do.
  public func rendered() -> String {
    let before = sourceLine.unicodeScalars.prefix(sourceColumn).map { $0 == "\t" ? "\t" : " " as Character }
    return "\(description)\n  \(sourceLine)\n  \(String(before))^"
  }
}
