import ArgumentParser
import CommandLineOptions
import Glibc
import Images
import Linux

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
    defer { display.finish() }
    for image in try await load(store, display) {
      try writeToStandardOutput("\(image.reference)\t\(image.targetDigest)\t\(humanSize(image.size))\n")
    }
  }

  private func load(_ store: ImageStore, _ display: PullDisplay) async throws -> [StoredImage] {
    if file == "-" { return try await store.load(archive: STDIN_FILENO, name: name) { display.show($0) } }
    var status = stat()
    if stat(file, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
      return try await store.load(directory: file, name: name) { display.show($0) }
    }
    let archive: SharedFD
    do throws(SyscallError) { archive = SharedFD(try openAt(AT_FDCWD, file, O_RDONLY)) } catch {
      throw CommandFailure("cannot open \(file): \(errorText(error.errno))")
    }
    defer { withExtendedLifetime(archive) {} }
    return try await store.load(archive: archive.raw, name: name) { display.show($0) }
  }
}
