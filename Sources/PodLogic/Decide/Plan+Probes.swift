import PodModel

extension Plan {
  /// A container that has started: its probes are due again and again, and one that has failed ends it. Then it is
  /// started again as its policy says.
  mutating func watch(_ container: Container, _ record: ContainerRecord) {
    if let fatal = record.fatalProbe {
      let own = container.probe(fatal.kind)?.terminationGracePeriodSeconds.map { Duration.seconds($0) }
      let grace = max(own ?? pod.grace, StopRequest.leastGrace)
      let ending = Ending(cause: .requested, since: fatal.at, deadline: fatal.at + grace)
      return stop(container, record, ending, mayBeAsked: true)
    }
    for kind in ProbeKind.allCases { probe(kind, container, record) }
  }

  /// Others must know when a container that is on its way out is not ready any more (kubelet `prober/worker.go`).
  mutating func watchReadiness(of container: Container, _ record: ContainerRecord) {
    if record.hasPassedHook { probe(.readiness, container, record) }
  }

  private mutating func probe(_ kind: ProbeKind, _ container: Container, _ record: ContainerRecord) {
    guard let probe = container.probe(kind), let due = record.due(kind, probe) else { return }
    if due > now { wake(at: due) } else { act(container.name, record, .probe(kind)) }
  }
}

extension ContainerRecord {
  /// When the next attempt of a probe begins; nil while it must not.
  fileprivate func due(_ kind: ProbeKind, _ probe: Probe) -> Instant? {
    guard case .running(let since) = activity, let own = probes[kind], !own.isUnderWay else { return nil }
    // The startup probe comes before the others and ends when it has succeeded.
    if kind == .startup ? own.verdict == .success : !isStarted { return nil }
    if let began = own.beganAt { return began + .seconds(probe.periodSeconds) }
    return since.instant + .seconds(probe.initialDelaySeconds)
  }
}
