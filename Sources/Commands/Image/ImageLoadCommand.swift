import ArgumentParser
import CommandLineOptions
import Glibc
import Images

/// `swiftlet image load FILE|DIR [NAME]`.
struct ImageLoadCommand: AsyncParsableCommand, NodeCommand {
  static let configuration = CommandConfiguration(
    commandName: "load",
    abstract: "Load images from an archive or a directory.",
    discussion: """
      FILE is what docker save writes, or an OCI image layout as a tar archive, compressed or not; - reads it from standard \
      input. DIR is an OCI image layout. The archive is parsed by a confined process of its own.
      """
  )

  @OptionGroup var global: GlobalOptions

  @Argument(help: ArgumentHelp("The archive, the directory, or -.", valueName: "FILE|DIR"), completion: .file())
  var file: String

  @Argument(
    help: ArgumentHelp("What to call the one image in it (default: the names it has there).", valueName: "NAME"),
    transform: imageReference
  )
  var name: ImageReference?

  @Flag(name: .shortAndLong, help: "Say nothing but the names of the images.")
  var quiet = false

  @Option(help: .hidden)
  var unpackProgram: String?

  func validate() throws {
    if let name, name.digest != nil { throw ValidationError(ImageStoreError.digestInName(name).description) }
  }

  func run() async throws {
    let store = try ImageStore(root: global.imageStore, unpackProgram: unpackProgram)
    let display = PullDisplay(quiet: quiet)
    let images: [StoredImage]
    do {
      images = try await load(store, display)
      display.finish()
    } catch let error as ImageStoreError {
      display.finish()
      throw CommandFailure("cannot load \(ArchiveFile.name(of: file)): \(error)")
    }
    for image in images { try writeToStandardOutput(pulledLine(image)) }
  }

  private func load(_ store: ImageStore, _ display: PullDisplay) async throws -> [StoredImage] {
    var status = stat()
    if file != "-", stat(file, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      return try await store.load(directory: file, name: name) { display.show($0) }
    }
    let archive = try ArchiveFile(file)
    return try await store.load(archive: archive.descriptor, name: name) { display.show($0) }
  }
}
