import LaunchPlan
import Linux
import RuntimeAPI
import ShimClient

extension SupervisedSandbox {
  /// The sandbox's network namespace, from its supervisor.
  public func network() async throws(RuntimeError) -> SandboxNetwork {
    let answer = try await ask(.network, "give the network", "sandbox \(id)")
    guard answer.descriptors.count == 2 else { throw .sandboxLost("sandbox \(id)") }
    do throws(SyscallError) {
      return SandboxNetwork(
        namespace: try answer.descriptors[0].duplicate().release(),
        routing: try answer.descriptors[1].duplicate().release()
      )
    } catch {
      throw .failed(step: "take over the network's descriptors", errno: error.errno, detail: "sandbox \(id)")
    }
  }
}
