import ArgumentParser
import CommandLineOptions
import HostCheck

/// `swiftlet check`: what this host can and cannot enforce, and what to do about it.
///
/// It is no `NodeCommand`: it changes nothing, so it does not remove what dead owners left either.
public struct CheckCommand: ParsableCommand {
  /// Its name and what it prints.
  public static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Show what this host can and cannot enforce, and what to do about it.",
    discussion: """
      Everything that pods need of the kernel, its controllers, privileges, disks and programs is tried in ways that \
      change nothing. The exit status is 0 when pods can run here, otherwise 1.
      """
  )

  @OptionGroup var global: GlobalOptions

  @Option(name: .shortAndLong, help: ArgumentHelp("table or json.", valueName: "format"))
  var output: ListFormat = .table

  @Flag(name: .shortAndLong, help: "Explain what is as it should be, too.")
  var verbose = false

  @Option(
    help: ArgumentHelp("The supervisor's program (default: swiftlet-shim beside this one).", valueName: "path"),
    completion: .file()
  )
  var shim: String?

  /// Made by the parser.
  public init() {}

  /// Looks, prints, and leaves with 1 when no pod can run here.
  public func run() throws {
    let places = HostPlaces(state: global.stateDirectory, run: global.runDirectory, shim: shim)
    let report = CheckReport(try HostFindings.collect(places))
    switch output {
    case .table: try writeToStandardOutput(CheckText(report, verbose: verbose).text)
    case .json: try writeToStandardOutput(checkJSON(report) + "\n")
    }
    if !report.canRun { throw ExitCode.failure }
  }
}
