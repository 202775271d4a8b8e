import ArgumentParser
import CommandLineOptions
import Images
import Linux
import Manifests
import NodeSettings
import Registry

/// `swiftlet image pull NAME…`.
struct ImagePullCommand: AsyncParsableCommand, NodeCommand {
  static let configuration = CommandConfiguration(
    commandName: "pull",
    abstract: "Get images from their registries.",
    discussion: """
      A pull that was interrupted continues where it ended. Credentials come from ~/.docker/config.json, \
      /etc/swiftlet/auth.json and the files that the configuration names; registries: in the configuration has mirrors, \
      certificates and registries without TLS.
      """
  )

  @OptionGroup var global: GlobalOptions

  @Argument(help: ArgumentHelp("The images to get.", valueName: "NAME"), transform: imageReference)
  var names: [ImageReference]

  @Option(help: ArgumentHelp("The platform, such as linux/arm64 (default: this machine's).", valueName: "os/arch"))
  var platform: String?

  @Flag(name: .shortAndLong, help: "Say nothing but the names of the images.")
  var quiet = false

  @Option(help: .hidden)
  var unpackProgram: String?

  func validate() throws {
    if names.isEmpty { throw ValidationError("name an image") }
    _ = try chosenPlatform()
  }

  private func chosenPlatform() throws -> Platform? {
    guard let platform else { return nil }
    let parts = platform.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2 || parts.count == 3, parts.allSatisfy({ !$0.isEmpty }) else {
      throw ValidationError("--platform \(platform): expected os/architecture or os/architecture/variant")
    }
    return Platform(os: parts[0], architecture: parts[1], variant: parts.count == 3 ? parts[2] : nil)
  }

  func run() async throws {
    let settings = try NodeChoices(global)
    let store = try ImageStore(root: global.imageStore, unpackProgram: unpackProgram)
    var options = PullOptions(settings.configuration.images)
    if let platform = try chosenPlatform() { options.platform = platform }
    let client = try settings.registryClient()
    var hasFailed = false
    for name in names {
      let display = PullDisplay(quiet: quiet)
      let result: Result<StoredImage, ImageStoreError>
      do throws(ImageStoreError) {
        result = .success(
          try await store.pull(name, from: client.repository(of: name), options: options) { display.show($0) }
        )
      } catch {
        result = .failure(error)
      }
      display.finish()
      switch result {
      case .success(let image): try writeToStandardOutput(pulledLine(image))
      case .failure(let error):
        writeToStandardError("swiftlet: cannot pull \(name): \(error)")
        hasFailed = true
      }
    }
    await client.shutDown()
    if hasFailed { throw ExitCode.failure }
  }

}

/// What is said of an image that has come: name, digest and size.
func pulledLine(_ image: StoredImage) -> String {
  "\(image.reference)\t\(image.targetDigest)\t\(humanSize(image.size))\n"
}

/// The node's configuration as a command has it.
struct NodeChoices {
  let configuration: NodeConfiguration

  init(_ options: GlobalOptions) throws {
    do throws(ConfigurationFile.Problem) {
      let (configuration, warnings) = try ConfigurationFile.read(options.config)
      for warning in warnings { writeToStandardError(warning) }
      self.configuration = configuration
    } catch {
      writeToStandardError(error.description)
      throw ExitCode(2)
    }
  }

  func registryClient() throws -> RegistryClient {
    do throws(ConfigurationFile.Problem) { return try RegistryClient(configuration) } catch {
      writeToStandardError(error.description)
      throw ExitCode(2)
    }
  }
}
