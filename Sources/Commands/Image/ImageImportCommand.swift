import ArgumentParser
import CommandLineOptions
import Glibc
import Images
import Linux

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
    let archive = try open()
    defer { withExtendedLifetime(archive) {} }
    let store = try ImageStore(root: global.imageStore, unpackProgram: unpackProgram)
    let image = try await store.importRootFilesystem(
      tar: archive?.raw ?? STDIN_FILENO,
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
    try writeToStandardOutput("\(image.reference)\t\(image.id)\t\(humanSize(image.size))\n")
  }

  /// The archive's file; nil for standard input.
  private func open() throws -> SharedFD? {
    if file == "-" { return nil }
    do {
      return SharedFD(try openAt(AT_FDCWD, file, O_RDONLY))
    } catch {
      throw CommandFailure("cannot open \(file): \(errorText(error.errno))")
    }
  }
}
