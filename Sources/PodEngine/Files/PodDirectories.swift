import PodModel
import StateStore

/// Where the files of a pod are. Names come from checked identifiers only.
public struct PodDirectories: Hashable, Sendable {
  /// What outlives a reboot: `/var/lib/swiftlet`.
  public var state: String
  /// What does not: `/run/swiftlet`.
  public var run: String

  /// Makes a choice of directories.
  public init(state: String, run: String) {
    self.state = state
    self.run = run
  }

  /// Log files of a pod: the layout that log collectors know from `/var/log/pods`.
  public func logs(_ pod: Pod) -> String { "\(state)/logs/\(Self.logDirectoryName(pod))" }

  /// Name of a pod's directory below the one of all logs.
  static func logDirectoryName(_ pod: Pod) -> String {
    "\(pod.metadata.namespace)_\(pod.metadata.name)_\(pod.metadata.uid ?? "")"
  }

  /// A container's log file below its pod's directory.
  public static func logFile(_ container: String, _ attempt: Int) -> String { "\(container)/\(attempt).log" }

  /// Writable layers of a pod.
  public func layers(_ pod: Pod) -> String { "\(state)/pods/\(pod.metadata.uid ?? "")" }

  /// Volumes of a pod that are on disk: beside the attempts of its containers, whose names have a dot.
  public func volumes(_ pod: Pod) -> String { "\(layers(pod))/volumes" }

  /// Generated files of a pod.
  public func generated(_ pod: Pod) -> String {
    PodDirectory(runDirectory: run, pod: pod.metadata.uid ?? "").files
  }

  func paths(_ pod: Pod, container: String, attempt: Int) -> ContainerPaths {
    let own = "\(layers(pod))/\(container).\(attempt)"
    let etc = generated(pod)
    return ContainerPaths(
      upper: "\(own)/u",
      work: "\(own)/w",
      terminationLog: "\(own)/termination-log",
      volumes: "\(own)/v",
      hosts: "\(etc)/hosts",
      hostname: "\(etc)/hostname",
      resolvConf: "\(etc)/resolv.conf"
    )
  }
}
