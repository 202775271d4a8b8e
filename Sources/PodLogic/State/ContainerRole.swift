import PodModel

/// What a container is for its pod: when it is started, whether its end matters, and when it is stopped.
public enum ContainerRole: Hashable, Sendable {
  /// Runs to its end before the next container is begun.
  case initializer
  /// An init container that stays: started before what follows it, stopped after that (KEP-753).
  case sidecar
  /// One of `spec.containers`.
  case regular
}

extension ContainerRole {
  init(of container: Container, isInit: Bool) {
    self = if !isInit { .regular } else if container.restartPolicy == .always { .sidecar } else { .initializer }
  }
}
