import Images
import Synchronization
import Testing

@testable import Images

/// A registry that does something wrong while an image is pulled, and what a person is told.
struct PullFault: Sendable, CustomTestStringConvertible {
  /// What the registry answers; nil for what an honest one would. `attempt` counts the requests for the same path from 0.
  typealias Script = @Sendable (_ request: FaultRegistry.Request, _ attempt: Int) -> [FaultRegistry.Step]?

  let name: String
  /// PORT, MANIFEST, CONFIG and LAYER stand for the port and the digests of the image.
  let expected: String
  /// What is pulled.
  var reference = "team/app:1"
  var image = ServedImage.honest
  /// Whether the beginning of the layer is kept for the next pull.
  var isContinued = false
  /// Whether a password is offered.
  var hasPassword = false
  let script: Script

  var testDescription: String { name }

  init(
    _ name: String,
    _ expected: String,
    image: ServedImage = .honest,
    reference: String = "team/app:1",
    isContinued: Bool = false,
    hasPassword: Bool = false,
    script: @escaping Script = { _, _ in nil }
  ) {
    (self.name, self.expected, self.image, self.reference) = (name, expected, image, reference)
    (self.isContinued, self.hasPassword, self.script) = (isContinued, hasPassword, script)
  }

  /// Every request for a manifest is answered so.
  static func manifest(_ steps: [FaultRegistry.Step]) -> Script {
    { request, _ in request.isForManifest ? steps : nil }
  }

  /// Every request for the layer is answered so.
  static func layer(_ answer: @escaping @Sendable (FaultRegistry.Request) -> [FaultRegistry.Step]) -> Script {
    { request, _ in request.isFor(ServedImage.honest.descriptors[0].digest) ? answer(request) : nil }
  }

  /// Every request for the configuration is answered so.
  static func configuration(_ steps: [FaultRegistry.Step]) -> Script {
    { request, _ in request.isFor(ServedImage.honest.configurationDigest) ? steps : nil }
  }

  /// A registry that does it.
  func registry(isHonest: HonestySwitch) async throws -> FaultRegistry {
    let attempts = Mutex<[String: Int]>([:])
    return try await FaultRegistry { [self] request, _ in
      if isHonest.isOn { return ServedImage.honest.answer(request) }
      let attempt = attempts.withLock { attempts in
        defer { attempts[request.path, default: 0] += 1 }
        return attempts[request.path] ?? 0
      }
      return script(request, attempt) ?? image.answer(request)
    }
  }

  /// A line of the pulling process with the names of what differs from run to run.
  func normalised(_ line: String, _ port: Int) -> String {
    line.replacing(":\(port)", with: ":PORT").replacing(image.digest.description, with: "MANIFEST")
      .replacing(image.configurationDigest.description, with: "CONFIG")
      .replacing(image.descriptors[0].digest.description, with: "LAYER")
      // How many came in a time, nobody can say.
      .replacing(/[0-9]+ bytes came out of [0-9]+/, with: "SOME bytes came out of SOME")
      .replacing(/only [0-9]+ bytes/, with: "only FEW bytes")
  }
}

/// Turns a registry into an honest one.
final class HonestySwitch: Sendable {
  private let state = Mutex(false)
  var isOn: Bool { state.withLock { $0 } }
  func turnOn() { state.withLock { $0 = true } }
}
