import Privileges
import RuntimeAPI

/// What configurations need to know of this machine.
public struct HostFacts: Sendable, Hashable {
  /// Its host name.
  public var hostname: String
  /// Its addresses, as `status.hostIPs` shows them: at most one of each family.
  public var addresses: [String]
  /// Capabilities that exist and that can be given.
  public var capabilities: CapabilityHost
  /// Its kernel.
  public var kernel: KernelVersion
  /// How many processors it has.
  public var processors: Int
  /// Bytes of memory.
  public var memoryCapacity: Int64
  /// Paths below `/sys` that exist here only and are masked with the others: `…/cpu<N>/thermal_throttle`.
  public var throttlePaths: [String]
  /// The greatest hard limit of open files that can be given.
  public var maximumOpenFiles: UInt64
  /// The least `oom_score_adj` that can be given.
  public var leastOOMScoreAdj: Int
  /// Device nodes of the host, for privileged containers.
  public var devices: [RuntimeSpecification.Device]

  /// Makes facts.
  public init(
    hostname: String,
    addresses: [String] = [],
    capabilities: CapabilityHost,
    kernel: KernelVersion,
    processors: Int = 1,
    memoryCapacity: Int64,
    throttlePaths: [String] = [],
    maximumOpenFiles: UInt64,
    leastOOMScoreAdj: Int,
    devices: [RuntimeSpecification.Device] = []
  ) {
    self.hostname = hostname
    self.addresses = addresses
    self.capabilities = capabilities
    self.kernel = kernel
    self.processors = processors
    self.memoryCapacity = memoryCapacity
    self.throttlePaths = throttlePaths
    self.maximumOpenFiles = maximumOpenFiles
    self.leastOOMScoreAdj = leastOOMScoreAdj
    self.devices = devices
  }
}
