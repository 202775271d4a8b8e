/// What the API server fills in where a manifest says nothing (`pkg/apis/core/v1/defaults.go`). Nothing else defaults.
public enum Defaults {
  /// `metadata.namespace`.
  public static let namespace = "default"
  /// `spec.terminationGracePeriodSeconds`.
  public static let terminationGracePeriodSeconds = 30
  /// `spec.restartPolicy`.
  public static let restartPolicy = RestartPolicy.always
  /// `spec.dnsPolicy`.
  public static let dnsPolicy = DNSPolicy.clusterFirst
  /// `terminationMessagePath` of a container.
  public static let terminationMessagePath = "/dev/termination-log"
  /// `terminationMessagePolicy` of a container.
  public static let terminationMessagePolicy = TerminationMessagePolicy.file
  /// `defaultMode` of volumes whose files are values.
  public static let volumeFileMode: UInt16 = 0o644
  /// `protocol` of a port.
  public static let portProtocol = PortProtocol.tcp
  /// `procMount` of a container's security context.
  public static let procMount = ProcMount.default

  /// `imagePullPolicy`: `Always` for the tag `latest`, written or implied, `IfNotPresent` for other tags and digests.
  public static func imagePullPolicy(forImage image: String) -> ImagePullPolicy {
    let name = image.prefix { $0 != "@" }
    let lastComponent = name[(name.lastIndex(of: "/").map(name.index(after:)) ?? name.startIndex)...]
    let tag = lastComponent.lastIndex(of: ":").map { lastComponent[lastComponent.index(after: $0)...] }
    if let tag { return tag == "latest" ? .always : .ifNotPresent }
    return name.endIndex == image.endIndex ? .always : .ifNotPresent
  }

  /// Requests, where they are missing, equal the limits.
  public static func requests(_ requests: ResourceList, limits: ResourceList) -> ResourceList {
    ResourceList(cpu: requests.cpu ?? limits.cpu, memory: requests.memory ?? limits.memory)
  }
}
