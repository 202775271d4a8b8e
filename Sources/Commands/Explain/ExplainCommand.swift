import ArgumentParser
import Manifests

/// `swiftlet explain`: what a field of a manifest means, and whether this version honours it.
public struct ExplainCommand: ParsableCommand {
  /// Its name and what it prints.
  public static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Explain a field of a manifest, and whether this version honours it.",
    discussion: """
      A field is named by its path: pod.spec.containers.volumeMounts.subPath, or without the kind. Every field of the pod \
      API is honoured, without effect on a single node (accepted and kept), or not yet there (refused, with what to do \
      instead). Without a field the kinds are listed.
      """
  )

  @Argument(help: ArgumentHelp("The field's path.", valueName: "field"))
  var field: String?

  @Flag(help: "Show all fields below it.")
  var recursive = false

  @Flag(help: "Write the table of all fields of a pod as it stands in the README.")
  var markdown = false

  /// Made by the parser.
  public init() {}

  /// Prints; an unknown field is a usage error.
  public func run() throws {
    if markdown { return try writeToStandardOutput(FieldList.markdown) }
    guard let field else { return try writeToStandardOutput(FieldText.kinds(recursive: recursive)) }
    let explanation: FieldExplanation
    do {
      explanation = try FieldCatalogue.explain(field)
    } catch {
      writeToStandardError("swiftlet: \(error)")
      throw ExitCode(2)
    }
    try writeToStandardOutput(FieldText.page(explanation, recursive: recursive))
  }
}
