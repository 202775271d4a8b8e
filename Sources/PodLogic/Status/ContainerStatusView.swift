import PodModel

/// One container as the pod's status shows it (kubelet `convertToAPIContainerStatuses`).
struct ContainerStatusView {
  let container: Container
  let record: ContainerRecord
  let pod: Pod
  let state: PodState
  let now: Moment
  /// The pod is on its way out: nothing is waited for any more.
  let isEnding: Bool
  /// Nothing of the pod is left: what never ran is told as lost.
  let isFinished: Bool

  var status: ContainerStatus {
    var status = ContainerStatus(name: container.name, state: .waiting(reason: nil, message: nil), image: image)
    (status.state, status.lastState) = states
    status.ready = record.role == .initializer ? record.isComplete : record.isReady
    status.started = record.isStarted ? true : (record.identifier == nil && record.ended.isEmpty ? nil : false)
    status.restartCount = restartCount
    status.imageID = record.image?.id ?? ""
    status.containerID = record.identifier
    status.user = record.user
    status.volumeMounts = container.volumeMounts.map(VolumeMountStatus.init)
    if !container.resources.requests.isEmpty { status.allocatedResources = container.resources.requests }
    if container.resources != ResourceRequirements() { status.resources = container.resources }
    return status
  }

  private var image: String { record.image?.name ?? container.image }

  /// Re-creations of the container; an attempt that does not exist yet does not count.
  private var restartCount: Int {
    switch record.activity {
    case .created, .starting, .running, .ended: record.attempt
    case .idle, .resolvingImage, .imageReady, .creating:
      record.ended.isEmpty ? record.attempt : max(0, record.attempt - 1)
    }
  }

  private var states: (ContainerState, ContainerState?) {
    if case .running(let since) = record.activity {
      return (running(since: since), record.ended.last.map(terminated))
    }
    if let obstacle = record.obstacle, !isEnding {
      return (waiting(for: obstacle), record.ended.last.map(terminated))
    }
    guard let last = record.ended.last else { return (neverRan, nil) }
    if !isEnding, let delay = crashBackOff(last) {
      let message = "back-off \(delay) restarting failed container=\(container.name) pod=\(podName)"
      return (.waiting(reason: "CrashLoopBackOff", message: message), terminated(last))
    }
    return (terminated(last), record.ended.dropLast().last.map(terminated))
  }

  /// A container is told as running once its `postStart` hook is over.
  private func running(since: Moment) -> ContainerState {
    switch record.postStart {
    case _ where isEnding, .done: .running(startedAt: since.wall)
    case .failed(let message, _): .waiting(reason: "PostStartHookError", message: message)
    case .idle, .underWay: .waiting(reason: "ContainerCreating", message: nil)
    }
  }

  private var neverRan: ContainerState {
    // Only what was due to run is missed in the end.
    guard isFinished, pod.spec.initContainers.isEmpty || state.wasInitialized else {
      let reason = pod.spec.initContainers.isEmpty ? "ContainerCreating" : "PodInitializing"
      return .waiting(reason: reason, message: record.progress)
    }
    return terminated(
      .unknown(
        startedAt: nil,
        seenAt: now,
        message: "The container could not be located when the pod was terminated"
      )
    )
  }

  private func waiting(for obstacle: Obstacle) -> ContainerState {
    guard obstacle.reason == "ErrImagePull", obstacle.isShownAsBackOff(at: now.instant) else {
      return .waiting(reason: obstacle.reason, message: obstacle.message)
    }
    let message = "Back-off pulling image \"\(container.image)\": ErrImagePull: \(obstacle.message)"
    return .waiting(reason: "ImagePullBackOff", message: message)
  }

  /// How long the restart is put off, as Go prints a duration; `nil` if it is not.
  private func crashBackOff(_ last: Termination) -> String? {
    guard record.hasEnded, state.restarts(container, of: pod, record),
      let blocked = record.crashBackOff.blockedUntil(failure: last.finishedAt.instant, .crash),
      blocked > now.instant
    else { return nil }
    let seconds = record.crashBackOff.delay.components.seconds
    return seconds < 60 ? "\(seconds)s" : "\(seconds / 60)m\(seconds % 60)s"
  }

  private var podName: String {
    "\(pod.metadata.name)_\(pod.metadata.namespace)(\(pod.metadata.uid ?? ""))"
  }

  private func terminated(_ end: Termination) -> ContainerState {
    .terminated(
      ContainerTermination(
        exitCode: end.exitCode,
        reason: end.reason,
        message: end.message.isEmpty ? nil : end.message,
        startedAt: end.startedAt,
        finishedAt: end.finishedAt.wall,
        containerID: end.identifier
      )
    )
  }
}

extension VolumeMountStatus {
  /// Where a mount is recursively read-only if possible, it is: every kernel that containers run on here can do it.
  fileprivate init(_ mount: VolumeMount) {
    self.init(name: mount.name, mountPath: mount.mountPath, readOnly: mount.readOnly)
    if !mount.readOnly { return }
    recursiveReadOnly =
      switch mount.recursiveReadOnly {
      case .enabled, .ifPossible: .enabled
      case .disabled, nil: .disabled
      }
  }
}
