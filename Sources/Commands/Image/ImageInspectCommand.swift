import ArgumentParser
import CommandLineOptions
import Images
import JSONText

/// How all that is known of an image is printed.
enum InspectFormat: String, ExpressibleByArgument, CaseIterable {
  case json
}

/// `swiftlet image inspect IMAGE…`.
struct ImageInspectCommand: ParsableCommand, NodeCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Print all that is known of images, as a JSON list."
  )

  @OptionGroup var global: GlobalOptions

  @Argument(help: ArgumentHelp("The images: names, ids or digests.", valueName: "IMAGE"), transform: imageSelector)
  var images: [ImageSelector]

  @Option(name: .shortAndLong, help: ArgumentHelp("json, the only one there is.", valueName: "format"))
  var output: InspectFormat = .json

  /// What there is, is printed, whatever else is missing.
  func run() throws {
    let store = try ImageStore(root: global.imageStore)
    var values: [JSONValue] = []
    for image in images {
      do throws(ImageStoreError) { values.append(try store.inspect(image).json) } catch {
        writeToStandardError("swiftlet: \(error)")
      }
    }
    try writeToStandardOutput(JSONValue.array(values).indented + "\n")
    if values.count < images.count { throw ExitCode.failure }
  }
}
