import PodModel

/// Whether a container that has ended is started again (protocol: kubelet `ShouldContainerBeRestarted`).
struct RestartRule {
  private let policy: RestartPolicy

  init(_ container: Container, of pod: Pod) {
    policy = pod.spec.restartPolicy
  }

  func restarts(exitCode: Int32) -> Bool {
    switch policy {
    case .always: true
    case .onFailure: exitCode != 0
    case .never: false
    }
  }
}
