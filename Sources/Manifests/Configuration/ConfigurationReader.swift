import Yams

/// Reads the configuration file; the same bounds and messages as for manifests.
public enum ConfigurationReader {
  /// The configuration, or nil if there is any error; and every problem in the order of the text.
  public static func read(_ text: String, file: String) -> (NodeConfiguration?, [Diagnostic]) {
    read(text, file: file, ConfigurationFields.table.reader(NodeConfiguration()), empty: NodeConfiguration())
  }

  /// Reads the one document of a text.
  static func read<Value>(
    _ text: String,
    file: String,
    _ reader: FieldReader<Value>,
    empty: Value?
  ) -> (Value?, [Diagnostic]) {
    let source = SourceText(file: file, text: text.utf8.count <= ManifestReader.greatestSize ? text : "")
    func failure(_ message: String) -> (Value?, [Diagnostic]) {
      (nil, [source.diagnostic(.error, line: 1, column: 1, message)])
    }
    guard text.utf8.count <= ManifestReader.greatestSize else {
      return failure("the text has \(text.utf8.count) bytes, more than \(ManifestReader.greatestSize)")
    }
    let stream = DocumentStream(source, text: SurrogatePairs.joined(text))
    let reading = Reading(source)
    if let problem = stream.problem { reading.report(problem) }
    let documents = stream.roots.map { Place(node: $0, path: "") }.filter { !$0.isNull }
    guard documents.count <= 1 else {
      reading.error(documents[1], "a second document in this file", hint: "one is read")
      return (nil, reading.diagnostics)
    }
    let value = documents.first.map { reader.read($0, reading) } ?? empty
    if value == nil, !reading.hasErrors { return failure("the file is empty") }
    let diagnostics = reading.diagnostics.enumerated().sorted {
      ($0.element.line, $0.element.column, $0.offset) < ($1.element.line, $1.element.column, $1.offset)
    }
    return (reading.hasErrors ? nil : value, diagnostics.map(\.element))
  }
}
