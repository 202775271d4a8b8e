import PodModel

/// Why a pod cannot be configured as it is written: which field, what is wrong with it and what to do.
public struct ConfigurationError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Path of the field: `spec.containers[web].resources.limits.memory`; empty where the problem names what it is about.
  public var field: String
  /// What is wrong, and what to do.
  public var problem: String

  /// Makes an error.
  public init(_ field: String, _ problem: String) {
    self.field = field
    self.problem = problem
  }

  /// `field: problem`.
  public var description: String { field.isEmpty ? problem : "\(field): \(problem)" }
}

extension PodSpec {
  /// Path of a container in messages: `spec.initContainers[migrate]`.
  func field(of container: Container) -> String {
    "spec.\(isInitContainer(container.name) ? "initContainers" : "containers")[\(container.name)]"
  }
}
