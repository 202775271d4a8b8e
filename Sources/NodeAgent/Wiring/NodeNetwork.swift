import Glibc
import Linux
import Manifests
import Networking
import PodEngine
import PodModel
import RuntimeAPI
import StateStore
import Synchronization

/// The network of this instance's pods. Bridge and table are made when the first pod wants them: pods on the host's
/// network need neither.
final class NodeNetwork: PodConnector {
  private let configuration: PodNetwork.Configuration
  private let durability: Durability
  private let network = Mutex<PodNetwork?>(nil)

  /// - Parameter durability: Whether addresses must survive a power cut, with the pods that have them.
  init(
    stateDirectory: String,
    runDirectory: String,
    networks: [IPv4Network] = NetworkChoice.standard,
    durability: Durability,
    notice: @escaping @Sendable (String) -> Void
  ) {
    configuration = PodNetwork.Configuration(
      instance: instanceName(stateDirectory: stateDirectory),
      directory: Self.directory(stateDirectory),
      runDirectory: Self.directory(runDirectory),
      networks: NetworkChoice.candidates(networks),
      notice: notice
    )
    self.durability = durability
  }

  private static func directory(_ parent: String) -> String { parent + "/network" }

  var networkSource: NetworkSource? { { try SandboxNetwork.made() } }

  func attach(_ pod: Pod, to network: SandboxNetwork) async throws -> [String] {
    let address = try made().attach(
      pod: pod.metadata.uid ?? "",
      namespace: network.namespace,
      inside: network.routing,
      durability: durability
    )
    return ["\(address.address)"]
  }

  /// The sandbox is gone by now, and the kernel removes the cable with its namespace.
  func detach(_ pod: Pod) async throws {
    try made().detach(pod: pod.metadata.uid ?? "", cable: .withNamespace)
  }

  /// Takes bridge and table away, unless pods of other processes use them.
  func finish() throws {
    guard let network = network.withLock({ $0 }) else { return }
    do throws(NetworkError) { try network.tearDown() } catch {
      if case .inUse = error { return }
      throw error
    }
  }

  private func made() throws -> PodNetwork {
    try network.withLock { network in
      if let network { return network }
      let made = try PodNetwork(configuration)
      network = made
      return made
    }
  }

  /// Takes back what a pod had whose owner died.
  static func release(
    pod uid: String,
    stateDirectory: String,
    runDirectory: String,
    notice: @escaping @Sendable (String) -> Void
  ) throws {
    // Without it no pod of this instance was ever connected.
    guard access(directory(stateDirectory), F_OK) == 0 else { return }
    let node = NodeNetwork(
      stateDirectory: stateDirectory,
      runDirectory: runDirectory,
      durability: .synced,
      notice: notice
    )
    // What is there is enough to clean up after a pod; nothing is made for it.
    let network = try PodNetwork(existing: node.configuration)
    try network.detach(pod: uid)
    do throws(NetworkError) { try network.tearDown() } catch {
      if case .inUse = error { return }
      throw error
    }
  }
}

extension NetworkSettings {
  /// What the pods' network is chosen from.
  var podNetworks: [IPv4Network] {
    // Whoever read the configuration has refused what is none.
    podCIDRs.isEmpty ? NetworkChoice.standard : podCIDRs.compactMap { IPv4Network($0) }
  }
}
