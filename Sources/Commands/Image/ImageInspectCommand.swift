import ArgumentParser
import CommandLineOptions
import Images
import JSONText

/// `swiftlet image inspect NAME…`.
struct ImageInspectCommand: ParsableCommand, NodeCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Print all that is known of images, as a JSON list."
  )

  @OptionGroup var global: GlobalOptions

  @Argument(help: ArgumentHelp("The images.", valueName: "NAME"), transform: imageReference)
  var names: [ImageReference]

  func run() throws {
    let store = try ImageStore(root: global.imageStore)
    let values = try names.map { try store.inspect($0).json }
    try writeToStandardOutput(JSONValue.array(values).indented + "\n")
  }
}
