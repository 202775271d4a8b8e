import PodModel

extension PodNotice {
  /// How far getting an image is. Said again and again, unlike `Pulling` itself.
  public static func pullProgress(_ text: String, container: String, image: String) -> PodNotice {
    var notice = PodNotice("Pulling", "Pulling image \"\(image)\": \(text)", container: container)
    notice.isRepetition = true
    return notice
  }

  private static let imageReasons: Set<String> = [
    "ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError",
  ]

  /// What the kubelet tells when containers begin to wait for their images: `Error: ErrImagePull` beside the reason itself,
  /// and `BackOff` when a failed pull is waited out.
  public static func imageWaits(from old: PodStatus?, to new: PodStatus, of pod: Pod) -> [PodNotice] {
    let before = old.map { $0.initContainerStatuses + $0.containerStatuses } ?? []
    var notices: [PodNotice] = []
    for status in new.initContainerStatuses + new.containerStatuses {
      guard case .waiting(let reason?, _) = status.state, imageReasons.contains(reason) else { continue }
      let last = before.first { $0.name == status.name }?.state
      if case .waiting(reason, _)? = last { continue }
      let image = pod.spec.allContainers.first { $0.name == status.name }?.image ?? ""
      if reason == "ImagePullBackOff" {
        notices.append(PodNotice("BackOff", "Back-off pulling image \"\(image)\"", container: status.name))
      }
      notices.append(PodNotice("Failed", "Error: \(reason)", container: status.name, isWarning: true))
    }
    return notices
  }
}
