import ArgumentParser
import CommandLineOptions
import Glibc
import Linux

/// `swiftlet run`: one pod in the foreground.
public struct RunCommand: AsyncParsableCommand, NodeCommand {
  /// Name and help.
  public static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Runs one pod in the foreground, without a daemon.",
    discussion: """
      Its containers' lines go to the standard output, lines about its life to the standard error. Ctrl-C ends it within
      its grace period, a second one at once. Afterwards nothing of it is left.

      The exit status is 0 when the pod has succeeded, the container's own (128 + n for a signal) when the pod has one
      container or all have the same, 1 when they differ, 2 for a bad specification, 125 when swiftlet itself failed.
      """
  )

  /// Where things are.
  @OptionGroup public var global: GlobalOptions

  /// The manifest.
  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("The pod's manifest; - for the standard input.", valueName: "file"),
    completion: .file(extensions: ["yaml", "yml", "json"])
  )
  var filename: String

  /// What is printed at the end.
  @Option(name: .shortAndLong, help: "Print the pod with its final status; the containers' lines go to stderr then.")
  var output: OutputFormat?

  /// Keeps what is on disk.
  @Flag(help: "Keep the log files and the writable layers.")
  var keep = false

  /// Drops limits that cannot be enforced.
  @Flag(
    inversion: .prefixedNo,
    help: "Run the pod without the resource limits that this machine cannot enforce, with a warning for each."
  )
  var bestEffortLimits = true

  /// The runtime.
  @Option(help: ArgumentHelp("What makes the containers: native, oci:crun, oci:runc.", valueName: "handler"))
  var runtime = RuntimeChoice.native

  /// The supervisor's program.
  @Option(
    help: ArgumentHelp("The supervisor's program (default: swiftlet-shim beside this one).", valueName: "path"),
    completion: .file()
  )
  var shim: String?

  /// Formats of the result.
  enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case json
  }

  /// For the parser.
  public init() {}

  /// Runs the pod and leaves with its exit status.
  public func run() async throws {
    let start = ContinuousClock.now
    let code = await Foreground(self, startedAt: start).run()
    if code != 0 { throw ExitCode(code) }
  }
}
