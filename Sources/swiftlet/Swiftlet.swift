import ArgumentParser
import CommandLineOptions
import Commands
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
}
