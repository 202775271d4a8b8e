import ArgumentParser
import Images

/// `swiftlet image …`: the images of this machine.
public struct ImageCommand: ParsableCommand {
  /// Its name and subcommands.
  public static let configuration = CommandConfiguration(
    commandName: "image",
    abstract: "Pull, load, import, list and remove images.",
    subcommands: [
      ImagePullCommand.self, ImageLoadCommand.self, ImageImportCommand.self, ImageListCommand.self,
      ImageInspectCommand.self, ImageTagCommand.self, ImageRemoveCommand.self, ImagePruneCommand.self,
    ]
  )

  /// Made by the parser.
  public init() {}
}

/// What means an image on the command line: a name, an id, a digest, or the beginning of one.
func imageSelector(_ text: String) throws -> ImageSelector {
  do {
    return try ImageSelector(text)
  } catch {
    throw ValidationError(error.description)
  }
}

/// A name from the command line, normalised; what is wrong with it is a usage error.
func imageReference(_ text: String) throws -> ImageReference {
  do {
    return try ImageReference(text)
  } catch {
    throw ValidationError(error.description)
  }
}
