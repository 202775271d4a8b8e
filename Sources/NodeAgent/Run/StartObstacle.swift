import PodModel

/// What keeps a pod in the foreground from ever starting. The agent would try again until somebody changes something;
/// whoever waits at a terminal wants to hear it.
enum StartObstacle {
  private static let reasons: Set<String> = [
    "CreateContainerConfigError", "CreateContainerError", "InvalidImageName", "ErrImageNeverPull", "ErrImagePull",
    "ImageInspectError",
  ]

  /// The first container that has never run and cannot be made, with the reason.
  static func find(in status: PodStatus) -> String? {
    for container in status.initContainerStatuses + status.containerStatuses {
      guard case .waiting(let reason?, let message) = container.state, reasons.contains(reason),
        container.lastState == nil
      else { continue }
      return "\(container.name): \(message ?? reason)"
    }
    return nil
  }
}
