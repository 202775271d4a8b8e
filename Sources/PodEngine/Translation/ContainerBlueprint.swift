import Images
import PodModel
import Privileges
import RuntimeAPI

/// Everything that the configuration of one attempt of a container follows from. Values only: whatever had to be asked
/// of the machine was asked before.
struct ContainerBlueprint {
  /// The pod.
  var pod: Pod
  /// The container in it.
  var container: Container
  /// The attempt.
  var id: ContainerID
  /// What the image says about how it is run.
  var image: ImageConfiguration
  /// Directories of the image's layers, the lowest first.
  var layers: [String]
  /// Directories that the image wants empty.
  var imageVolumes: [ImageVolume] = []
  /// What the pod's volumes are to the container, the ones nearer to the root first.
  var volumes: [ContainerVolume] = []
  /// The variables that the pod defines for it.
  var environment: ResolvedEnvironment
  /// Who the container runs as.
  var user: ResolvedUser
  /// The filter of a `Localhost` profile, read and resolved; `nil` for other profiles.
  var localhostProfile: RuntimeAPI.SeccompProfile?
  /// This machine.
  var host: HostFacts
  /// Where its files are.
  var paths: ContainerPaths
  /// Host path of the memory filesystem that the pod's containers share.
  var sharedMemoryPath: String
  /// What the runtime can enforce, and what is done about the rest.
  var limits: LimitPolicy

  var field: String { pod.spec.field(of: container) }

  var isPrivileged: Bool { container.securityContext.privileged ?? false }
}

/// Where the files of one attempt are on the host.
struct ContainerPaths: Hashable {
  /// Upper directory of the root filesystem.
  var upper: String
  /// Work directory of the overlay.
  var work: String
  /// The file behind `terminationMessagePath`.
  var terminationLog: String
  /// The directory that holds those of the image's volumes.
  var volumes: String
  /// `/etc/hosts` of the pod.
  var hosts: String
  /// `/etc/hostname` of the pod.
  var hostname: String
  /// `/etc/resolv.conf` of the pod.
  var resolvConf: String
}

/// What happens to limits that this machine cannot enforce.
public struct LimitPolicy: Hashable, Sendable {
  /// Paths of the OCI specification that the runtime enforces here.
  public var enforceable: Set<String>
  /// Drops a limit that a pod asks for and nobody can enforce, instead of refusing the pod.
  public var bestEffort: Bool

  /// Makes a policy.
  public init(enforceable: Set<String>, bestEffort: Bool) {
    self.enforceable = enforceable
    self.bestEffort = bestEffort
  }
}
