import PodModel

/// Limits of volumes that nothing on this machine enforces.
enum VolumeLimits {
  /// Each with its field: the size of a directory on disk, for which no quota is set yet.
  static func notInForce(_ pod: Pod) -> [ConfigurationError] {
    pod.spec.volumes.compactMap { volume in
      guard case .emptyDir(let source) = volume.source, source.medium != .memory, source.sizeLimit != nil else {
        return nil
      }
      return ConfigurationError(
        "spec.volumes[\(volume.name)].emptyDir.sizeLimit",
        "the size of a directory on disk is not limited; one with medium Memory is"
      )
    }
  }
}
