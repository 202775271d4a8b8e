import PodModel
import RuntimeAPI

/// Connects pods to each other, to this machine and to the outside.
public protocol PodConnector: Sendable {
  /// Gives a sandbox its interface and addresses; the first one is the pod's.
  ///
  /// - Throws: An error whose description tells a person what is in the way; nothing is left then.
  func attach(_ pod: Pod, to network: SandboxNetwork) async throws -> [String]
  /// Takes it all back. Repeating it does no harm, and the sandbox may be gone.
  func detach(_ pod: Pod) async throws
}

/// Leaves pods alone with their loopback interface.
public struct LoopbackOnly: PodConnector {
  /// Connects nobody.
  public init() {}
  /// Gives no address.
  public func attach(_ pod: Pod, to network: SandboxNetwork) async throws -> [String] { [] }
  /// Has nothing to take back.
  public func detach(_ pod: Pod) async throws {}
}
