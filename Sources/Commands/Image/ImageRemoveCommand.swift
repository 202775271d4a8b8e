import ArgumentParser
import CommandLineOptions
import Images
import Linux

/// `swiftlet image rm NAME…`.
struct ImageRemoveCommand: ParsableCommand, NodeCommand {
  static let configuration = CommandConfiguration(
    commandName: "rm",
    abstract: "Remove names, and the images that no other name and no running pod needs."
  )

  @OptionGroup var global: GlobalOptions

  @Argument(help: ArgumentHelp("The names to remove.", valueName: "NAME"), transform: imageReference)
  var names: [ImageReference]

  /// Every name is tried; one that fails does not keep the others.
  func run() throws {
    let store = try ImageStore(root: global.imageStore)
    var hasFailed = false
    for name in names {
      do {
        try store.remove(name)
        try writeToStandardOutput("removed \(name)\n")
      } catch let error as ImageStoreError {
        writeToStandardError("swiftlet: \(error)")
        hasFailed = true
      }
    }
    if hasFailed { throw ExitCode.failure }
  }
}
