import Linux
import PodModel
import RuntimeAPI

/// Connects pods to each other, to this machine and to the outside.
public protocol PodConnector: Sendable {
  /// What makes the network namespaces of pods, which are then connected while their sandboxes are made; `nil` leaves
  /// them to the runtime.
  var networkSource: NetworkSource? { get }
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
  /// Leaves it to the runtime.
  public var networkSource: NetworkSource? { nil }
  /// Gives no address.
  public func attach(_ pod: Pod, to network: SandboxNetwork) async throws -> [String] { [] }
  /// Has nothing to take back.
  public func detach(_ pod: Pod) async throws {}
}

extension SandboxNetwork {
  /// A new network namespace, which no process has joined.
  public static func made() throws(SyscallError) -> SandboxNetwork {
    let (namespace, routing) = try NetworkNamespace().release()
    return SandboxNetwork(namespace: namespace, routing: routing)
  }
}
