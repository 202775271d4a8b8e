import PodModel

/// What one probe of an attempt of a container has found out (kubelet `prober/worker.go`).
public struct ProbeRecord: Hashable, Sendable {
  /// What follows from the attempts so far.
  public enum Verdict: Hashable, Sendable {
    /// Nothing yet: a `startup` probe that has neither succeeded nor failed.
    case unknown
    /// All is well.
    case success
    /// It is not.
    case failure
  }

  /// What follows from the attempts so far; before the first one a container lives and is not ready.
  public internal(set) var verdict: Verdict
  /// Since when that is a failure that ends the container.
  public internal(set) var failedAt: Instant?
  /// When the last attempt began.
  private(set) var beganAt: Instant?
  private(set) var isUnderWay = false
  /// Equal outcomes in a row.
  private var streakIsSuccess = false
  private var streakLength: Int64 = 0

  init(_ kind: ProbeKind) {
    verdict =
      switch kind {
      case .startup: .unknown
      case .liveness: .success
      case .readiness: .failure
      }
  }

  mutating func begin(at now: Instant) {
    beganAt = now
    isUnderWay = true
  }

  /// Thresholds count equal outcomes in a row; one that says nothing neither counts nor breaks the row.
  mutating func end(_ outcome: ProbeOutcome, of probe: Probe, _ kind: ProbeKind, at now: Instant) {
    isUnderWay = false
    let isSuccess: Bool
    switch outcome {
    case .success: isSuccess = true
    case .failure: isSuccess = false
    case .unknown: return
    }
    streakLength = isSuccess == streakIsSuccess ? streakLength + 1 : 1
    streakIsSuccess = isSuccess
    guard streakLength >= (isSuccess ? probe.successThreshold : probe.failureThreshold) else { return }
    verdict = isSuccess ? .success : .failure
    if !isSuccess, kind.endsContainer { failedAt = now }
  }
}
