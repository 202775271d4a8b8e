/// What the engine is to do. Each answers with an event of its own, except signals that arrive.
public enum PodAction: Hashable, Sendable {
  /// Make the sandbox: ``PodEvent/sandboxCreated`` or ``PodEvent/sandboxFailed(_:)``.
  case createSandbox
  /// End whatever runs in the sandbox and remove all of it: ``PodEvent/sandboxRemoved`` or
  /// ``PodEvent/sandboxRemovalFailed(_:)``.
  case removeSandbox
  /// Do something about an attempt of a container.
  case container(String, attempt: Int, ContainerAction)
}

/// What the engine is to do about an attempt of a container.
public enum ContainerAction: Hashable, Sendable {
  /// Find its image: ``ContainerEvent/imageReady(_:)`` or ``ContainerEvent/imageFailed(_:)``.
  case resolveImage
  /// Set it up: ``ContainerEvent/created(identifier:user:)`` or ``ContainerEvent/createFailed(_:)``.
  case create
  /// Let it run: ``ContainerEvent/started(at:pid:)`` or ``ContainerEvent/startFailed(code:message:)``, and
  /// ``ContainerEvent/ended(_:message:)`` when it ends.
  case start
  /// Run its `postStart` hook: ``ContainerEvent/postStartEnded(failure:)``.
  case postStart
  /// Run its `preStop` hook: ``ContainerEvent/preStopEnded(failure:)``.
  case preStop
  /// Make an attempt of a probe: ``ContainerEvent/probed(_:_:)``.
  case probe(ProbeKind)
  /// Send its stop signal to its first process.
  case stop
  /// Send SIGKILL to all of its processes.
  case kill
  /// Remove what is left of it: ``ContainerEvent/deleted`` or ``ContainerEvent/deleteFailed(_:)``.
  case delete
}
