import PodModel

/// Everything that is known of a pod beside its specification. A value: events change it (``apply(_:at:)``), actions that
/// are carried out mark it (``begin(_:at:)``), and ``decide(_:_:now:)`` reads it.
public struct PodState: Equatable, Sendable {
  /// When this node accepted the pod: its `startTime`.
  public let acceptedAt: Moment
  /// What its containers share.
  public internal(set) var sandbox = SandboxRecord()
  /// Its containers by name, init containers among them.
  public internal(set) var containers: [String: ContainerRecord]
  /// Some regular container was begun, in this sandbox or in one before it.
  public internal(set) var wasInitialized = false
  /// Its addresses, the first one first; they stay known when the sandbox has gone.
  public internal(set) var addresses: [String] = []
  /// The node's.
  public let hostAddresses: [String]
  /// Set once the pod is to end; it never reverts.
  public internal(set) var stop: StopRequest?
  /// Set once the pod has used more of the node than it may; it never reverts.
  public internal(set) var eviction: Eviction?
  /// The status published last: source of transition times and of a terminal phase.
  public internal(set) var published: PodStatus?

  /// A pod that was accepted now on a node with these addresses.
  public init(_ pod: Pod, acceptedAt: Moment, hostAddresses: [String] = []) {
    self.acceptedAt = acceptedAt
    self.hostAddresses = hostAddresses
    let records =
      pod.spec.initContainers.map { ($0.name, ContainerRecord($0, isInit: true)) }
      + pod.spec.containers.map { ($0.name, ContainerRecord($0, isInit: false)) }
    containers = Dictionary(records, uniquingKeysWith: { first, _ in first })
  }

  /// Remembers what was published.
  public mutating func publish(_ status: PodStatus) {
    published = status
  }
}

extension ContainerRecord {
  fileprivate init(_ container: Container, isInit: Bool) {
    self.init(
      role: ContainerRole(of: container, isInit: isInit),
      hasPostStart: container.lifecycle?.postStart != nil,
      probes: Dictionary(
        uniqueKeysWithValues: ProbeKind.allCases.compactMap { kind in container.probe(kind).map { (kind, $0) } }
      )
    )
  }
}

/// What is known of a pod's sandbox.
public struct SandboxRecord: Hashable, Sendable {
  /// Where it is in its life.
  public enum Activity: Hashable, Sendable {
    /// Nothing of it exists.
    case absent
    /// The runtime was asked to make it.
    case creating
    /// Containers can be made in it.
    case ready
    /// Its supervisor has gone; what is left of it must be removed.
    case lost
    /// The runtime was asked to remove it.
    case removing
  }

  /// What goes on with it.
  public internal(set) var activity: Activity = .absent
  /// The init containers have done their work in it: some regular container was begun.
  public internal(set) var isInitialized = false
  /// Why it could not be made, and until when it is not tried again.
  public internal(set) var obstacle: Obstacle?
  /// Why it could not be removed.
  public internal(set) var removalObstacle: Obstacle?

  var backOff = BackOff()
  var removalBackOff = BackOff()
}

/// The wish to end a pod.
public struct StopRequest: Hashable, Sendable {
  /// From here on containers get SIGKILL.
  public internal(set) var deadline: Instant
  /// When the wish came first.
  public let requestedAt: Instant
  /// Nobody is to be waited for any more.
  public internal(set) var isForced = false
}

/// A pod is ended because of what it uses of its node.
public struct Eviction: Hashable, Sendable {
  /// When that was found.
  public let at: Instant
  /// Kubernetes' sentence about it.
  public let message: String

  /// What containers get to end by themselves (kubelet `immediateEvictionGracePeriodSeconds`).
  static let grace = Duration.seconds(1)
}
