import PodModel

/// What a probe is asked for.
public enum ProbeKind: String, Hashable, Sendable, CaseIterable {
  /// Whether the container has started; the other probes wait for it.
  case startup
  /// Whether it still works; it is ended when not.
  case liveness
  /// Whether it is ready for others.
  case readiness

  /// As Kubernetes' events begin.
  public var title: String {
    switch self {
    case .startup: "Startup"
    case .liveness: "Liveness"
    case .readiness: "Readiness"
    }
  }

  /// Whether the container is ended when it fails.
  var endsContainer: Bool { self != .readiness }
}

/// How an attempt of a probe ended.
public enum ProbeOutcome: Hashable, Sendable {
  /// Well.
  case success
  /// Badly, and why.
  case failure(String)
  /// It could not be made, which says nothing about the container.
  case unknown(String)
}

extension Container {
  /// The probe of a kind, if it has one.
  public func probe(_ kind: ProbeKind) -> Probe? {
    switch kind {
    case .startup: startupProbe
    case .liveness: livenessProbe
    case .readiness: readinessProbe
    }
  }
}
