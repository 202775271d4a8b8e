import ArgumentParser
import CommandLineOptions
import Images

/// `swiftlet image tag IMAGE NEW`.
struct ImageTagCommand: ParsableCommand, NodeCommand {
  static let configuration = CommandConfiguration(commandName: "tag", abstract: "Give an image another name.")

  @OptionGroup var global: GlobalOptions

  @Argument(help: ArgumentHelp("The image: a name, an id or a digest.", valueName: "IMAGE"), transform: imageSelector)
  var image: ImageSelector

  @Argument(help: ArgumentHelp("Its further name.", valueName: "NEW"), transform: imageReference)
  var name: ImageReference

  func validate() throws {
    if name.digest != nil { throw ValidationError(ImageStoreError.digestInName(name).description) }
  }

  func run() throws {
    let image = try ImageStore(root: global.imageStore).tag(image, as: name)
    try writeToStandardOutput("\(image.reference)\t\(image.targetDigest)\n")
  }
}
