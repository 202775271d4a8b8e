import Glibc
import Images
import Linux
import Registry

/// Pulls one image from a registry: `pull-child registry STORE NAME UNPACKER [CONFIG.JSON]`. Prints one line, `pulled` with
/// the digest or `failed` with what a person is told, and then waits for the end of its input, so that whoever started it
/// can look at it.
struct RegistryPull {
  private let arguments: [String]

  init(_ arguments: some Sequence<String>) { self.arguments = Array(arguments) }

  func run() async {
    guard (3...4).contains(arguments.count) else { exit(2) }
    let client = RegistryClient(
      RegistryConfiguration(limits: Self.limits),
      credentials: CredentialChain(arguments.dropFirst(3).map { CredentialFile($0, isRequired: true) })
    )
    do {
      let store = try ImageStore(root: arguments[0], unpackProgram: arguments[2])
      let reference = try ImageReference(arguments[1])
      var options = PullOptions()
      (options.attempts, options.firstWait) = (2, 1)
      let image = try await store.pull(reference, from: client.repository(of: reference), options: options)
      tell("pulled \(image.targetDigest)")
    } catch {
      tell("failed \(error)")
    }
    await client.shutDown()
    while getchar() != EOF {}
    exit(0)
  }

  private func tell(_ line: String) {
    do throws(SyscallError) { try writeAll(STDOUT_FILENO, Array((line + "\n").utf8)) } catch { exit(3) }
  }

  /// Patience for tests.
  private static var limits: TransferLimits {
    var limits = TransferLimits.standard
    limits.connectMilliseconds = 5_000
    limits.stallMilliseconds = 1_000
    limits.slowMilliseconds = 600
    limits.slowestBytes = 1_000
    return limits
  }
}
