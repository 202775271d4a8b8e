import ArgumentParser
import CommandLineOptions
import Images
import Linux

/// `swiftlet image rm IMAGE…`.
struct ImageRemoveCommand: ParsableCommand, NodeCommand {
  static let configuration = CommandConfiguration(
    commandName: "rm",
    abstract: "Remove names, and the images that no other name and no running pod needs.",
    discussion: "An image may be meant by its id or digest, or the beginning of one, as long as it has one name only.",
    aliases: ["remove"]
  )

  @OptionGroup var global: GlobalOptions

  @Argument(help: ArgumentHelp("What to remove: names, ids or digests.", valueName: "IMAGE"), transform: imageSelector)
  var images: [ImageSelector]

  /// Every one is tried; one that fails does not keep the others.
  func run() throws {
    let store = try ImageStore(root: global.imageStore)
    var hasFailed = false
    for image in images {
      do {
        try writeToStandardOutput("removed \(store.remove(image))\n")
      } catch let error as ImageStoreError {
        writeToStandardError("swiftlet: \(error)")
        hasFailed = true
      }
    }
    if hasFailed { throw ExitCode.failure }
  }
}
