import LaunchPlan
import Linux
import RuntimeAPI
import ShimClient
import Synchronization

extension SupervisedSandbox {
  /// The sandbox's network namespace, from its supervisor.
  public func network() async throws(RuntimeError) -> SandboxNetwork {
    var descriptors = takeNetwork()
    if descriptors.isEmpty { descriptors = try await ask(.network, "give the network", "sandbox \(id)").descriptors }
    guard descriptors.count == 2 else { throw .sandboxLost("sandbox \(id)") }
    do throws(SyscallError) {
      return SandboxNetwork(
        namespace: try descriptors[0].duplicate().release(),
        routing: try descriptors[1].duplicate().release()
      )
    } catch {
      throw .failed(step: "take over the network's descriptors", errno: error.errno, detail: "sandbox \(id)")
    }
  }

  /// Nothing but what is asked for keeps a network namespace alive.
  private func takeNetwork() -> [SharedFD] {
    fresh.withLock { fresh in
      defer { fresh?.network = [] }
      return fresh?.network ?? []
    }
  }
}
