import PodModel

/// Whether a container that has ended is started again (protocol: kubelet `ShouldContainerBeRestarted`).
struct RestartRule {
  private let policy: RestartPolicy

  init(_ container: Container, _ role: ContainerRole, of pod: Pod) {
    let asked = container.restartPolicy ?? pod.spec.restartPolicy
    policy =
      switch role {
      case .regular: asked
      case .sidecar: .always
      // What has done its work is not done again.
      case .initializer: asked == .always ? .onFailure : asked
      }
  }

  func restarts(exitCode: Int32) -> Bool {
    switch policy {
    case .always: true
    case .onFailure: exitCode != 0
    case .never: false
    }
  }
}
