import ArgumentParser
import CommandLineOptions
import Commands
import Dispatch
import Glibc
import Linux
import NodeAgent

/// The program: everything it does is a subcommand.
struct Swiftlet: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "swiftlet",
    abstract: "Runs Kubernetes pods on one Linux machine.",
    version: swiftletVersion,
    subcommands: [
      RunCommand.self, ValidateCommand.self, ExplainCommand.self, ImageCommand.self, CheckCommand.self,
    ]
  )

  @OptionGroup var global: GlobalOptions

  /// The program's entry. It is no asynchronous one: whatever runs those opens files first, and one of them would be taken
  /// for a standard stream that is closed.
  static func start() -> Never {
    fillStandardDescriptors(O_RDONLY)
    Task.detached { await runCommandLine(Swiftlet.self, prepare: removeAbandonedPods) }
    dispatchMain()
  }
}
