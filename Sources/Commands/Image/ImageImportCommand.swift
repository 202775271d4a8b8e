import ArgumentParser
import CommandLineOptions
import Images

/// `swiftlet image import FILE NAME`: makes an image from a root file system.
struct ImageImportCommand: AsyncParsableCommand, NodeCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Make an image of one layer from a root file system.",
    discussion: """
      FILE is a tar archive, plain or compressed with gzip or zstd; - reads it from standard input. \
      It is parsed by a confined process of its own.
      """
  )

  @OptionGroup var global: GlobalOptions

  @Argument(help: ArgumentHelp("The archive, or -.", valueName: "FILE"), completion: .file())
  var file: String

  @Argument(
    help: ArgumentHelp("The image's name; without a tag, :latest.", valueName: "NAME"),
    transform: imageReference
  )
  var name: ImageReference

  @Option(
    name: .customLong("cmd"),
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("One word of the default command; repeat for each word.", valueName: "word")
  )
  var cmd: [String] = []

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("One word of the entrypoint; repeat for each word.", valueName: "word")
  )
  var entrypoint: [String] = []

  @Option(help: ArgumentHelp("A variable; may be repeated.", valueName: "name=value"))
  var env: [String] = []

  @Option(help: ArgumentHelp("The user to run as: name or number, with :group if need be.", valueName: "user"))
  var user: String?

  @Option(help: ArgumentHelp("The working directory, absolute.", valueName: "dir"))
  var workdir: String?

  @Option(help: ArgumentHelp("The signal that asks the process to stop, such as SIGQUIT.", valueName: "signal"))
  var stopSignal: String?

  @Option(help: .hidden)
  var unpackProgram: String?

  func validate() throws {
    for variable in env where !variable.contains("=") || variable.hasPrefix("=") {
      throw ValidationError("--env \(variable): expected name=value")
    }
    if let workdir, !workdir.hasPrefix("/") { throw ValidationError("--workdir \(workdir): expected an absolute path") }
    if name.digest != nil { throw ValidationError(ImageStoreError.digestInName(name).description) }
  }

  func run() async throws {
    let archive = try ArchiveFile(file)
    let image = try await makeImage(archive)
    try writeToStandardOutput("\(image.reference)\t\(image.id)\t\(humanSize(image.size))\n")
  }

  private func makeImage(_ archive: ArchiveFile) async throws -> StoredImage {
    let store = try ImageStore(root: global.imageStore, unpackProgram: unpackProgram)
    do throws(ImageStoreError) {
      return try await store.importRootFilesystem(
        tar: archive.descriptor,
        name: name,
        configuration: ImageConfiguration(
          entrypoint: entrypoint.isEmpty ? nil : entrypoint,
          cmd: cmd.isEmpty ? nil : cmd,
          env: env,
          user: user,
          workingDir: workdir,
          stopSignal: stopSignal
        ),
        notice: { writeToStandardError("swiftlet: note: \($0)") }
      )
    } catch {
      throw CommandFailure("cannot import \(archive.name): \(error)")
    }
  }
}
