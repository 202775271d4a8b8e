import ArgumentParser
import CommandLineOptions
import Manifests
import NodeSettings

/// `swiftlet validate`: every problem of manifests, with its place.
///
/// It is no `NodeCommand`: it changes nothing, so it does not remove what dead owners left either.
public struct ValidateCommand: ParsableCommand {
  /// Its name and what it prints.
  public static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Show every problem of manifests, with its place and what to do.",
    discussion: """
      All files are read together: a pod of one may name a ConfigMap or Secret of another. What pods require of their node \
      is compared with this one. Nothing is made. The exit status is 0 when everything is as it should be, warnings \
      included, and 2 otherwise.
      """
  )

  @OptionGroup var global: GlobalOptions

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("A manifest; - for the standard input. May be given several times.", valueName: "file"),
    completion: .file(extensions: ["yaml", "yml", "json"])
  )
  var filename: [String]

  @Flag(name: .shortAndLong, help: "List the fields that have no effect here, too.")
  var verbose = false

  @Option(name: .shortAndLong, help: ArgumentHelp("text or json.", valueName: "format"))
  var output: Format = .text

  /// Formats of the result.
  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json
  }

  /// Made by the parser.
  public init() {}

  /// Reads, prints, and leaves with 2 when there is a problem.
  public func run() throws {
    let result: ManifestResult
    do {
      let (configuration, warnings) = try ConfigurationFile.read(global.config)
      for warning in warnings { writeToStandardError(warning) }
      result = try ManifestFiles.read(filename, node: .current(configuration))
    } catch let problem as ConfigurationFile.Problem {
      writeToStandardError(problem.description)
      throw ExitCode(2)
    } catch let problem as ManifestFiles.Problem {
      writeToStandardError("swiftlet: \(problem)")
      throw ExitCode(2)
    }
    let report = ValidationReport(result, verbose: verbose)
    switch output {
    case .json: try writeToStandardOutput(report.json + "\n")
    case .text:
      for line in report.problems { writeToStandardError(line) }
      try writeToStandardOutput(report.summary)
    }
    if result.hasErrors { throw ExitCode(2) }
  }
}
