import PodModel

/// What is known of one container of a pod.
public struct ContainerRecord: Equatable, Sendable {
  /// Where an attempt is in its life.
  public enum Activity: Hashable, Sendable {
    /// Nothing of the attempt exists and nothing is under way.
    case idle
    /// The image store was asked.
    case resolvingImage
    /// The image is there; the attempt can be made.
    case imageReady
    /// The runtime was asked to make it.
    case creating
    /// It waits before its first instruction.
    case created
    /// The runtime was asked to start it.
    case starting
    /// Its program runs.
    case running(since: Moment)
    /// It has ended, as `ended.last` says.
    case ended(Removal)
  }

  /// What is left of an ended attempt on the machine.
  public enum Removal: Hashable, Sendable {
    /// All of it.
    case due
    /// The runtime was asked to remove it.
    case underWay
    /// Nothing.
    case done
  }

  /// What it is for its pod.
  public let role: ContainerRole
  /// The attempt that `activity` is about, from 0.
  public internal(set) var attempt = 0
  /// What goes on with it.
  public internal(set) var activity: Activity = .idle
  /// How the last two attempts that existed ended, the older one first.
  public internal(set) var ended: [Termination] = []
  /// Why the attempt could not be made.
  public internal(set) var obstacle: Obstacle?
  /// How far getting its image is, in words; `nil` unless that is being done.
  public internal(set) var progress: String?
  /// The image that the attempt uses or used.
  public internal(set) var image: ImageIdentity?
  /// The runtime's name of the attempt, as its status shows it.
  public internal(set) var identifier: String?
  /// Who the attempt runs as, where that is known.
  public internal(set) var user: LinuxContainerUser?
  /// How far the attempt's `postStart` hook is.
  public internal(set) var postStart: HookProgress = .idle
  /// What was done to end the attempt.
  public internal(set) var stopping = StopProgress()
  /// What the attempt's probes have found out.
  public internal(set) var probes: [ProbeKind: ProbeRecord]
  /// Some attempt has started since the sandbox was made.
  public internal(set) var hasStartedInSandbox = false
  /// It ran to its end in a sandbox that is gone, and its work with it.
  public internal(set) var mustRunAgain = false

  let hasPostStart: Bool
  /// The probes that the container has.
  let probed: [ProbeKind: Probe]
  var crashBackOff = BackOff()
  var imageBackOff = BackOff()
  var setUpBackOff = BackOff()
  /// When removal of an ended attempt failed, and how long that waits.
  var removalFailure: Instant?

  /// A container that was never tried.
  public init(role: ContainerRole = .regular, hasPostStart: Bool = false, probes: [ProbeKind: Probe] = [:]) {
    self.role = role
    self.hasPostStart = hasPostStart
    probed = probes
    self.probes = Self.untried(probes)
  }

  static func untried(_ probes: [ProbeKind: Probe]) -> [ProbeKind: ProbeRecord] {
    Dictionary(uniqueKeysWithValues: probes.keys.map { ($0, ProbeRecord($0)) })
  }

  /// Something was asked for that has not answered.
  public var isUnderWay: Bool {
    switch activity {
    case .resolvingImage, .creating, .starting: true
    case .idle, .imageReady, .created, .running, .ended: false
    }
  }

  /// Its program runs.
  public var isRunning: Bool {
    if case .running = activity { true } else { false }
  }

  /// Its program runs and its `postStart` hook, if it has one, is over.
  var hasPassedHook: Bool { isRunning && postStart == .done }

  /// That, and its startup probe, if it has one, has succeeded.
  public var isStarted: Bool { hasPassedHook && (probes[.startup]?.verdict ?? .success) == .success }

  /// Others may use it.
  public var isReady: Bool { isStarted && (probes[.readiness]?.verdict ?? .success) == .success }

  /// The probe that found that the attempt must end, and when.
  var fatalProbe: (kind: ProbeKind, at: Instant)? {
    for kind in ProbeKind.allCases where kind.endsContainer {
      if let record = probes[kind], record.verdict == .failure, let at = record.failedAt { return (kind, at) }
    }
    return nil
  }

  /// Its work as an init container is done.
  var isComplete: Bool {
    role == .initializer && hasEnded && !mustRunAgain && ended.last?.exitCode == 0
  }

  /// The attempt existed and has ended.
  public var hasEnded: Bool {
    if case .ended = activity { true } else { false }
  }

  mutating func end(_ termination: Termination) {
    var termination = termination
    termination.identifier = identifier
    ended = ended.suffix(1) + [termination]
    activity = .ended(.due)
    obstacle = nil
  }
}

/// Why an attempt could not be made, and until when it is not tried again.
public struct Obstacle: Hashable, Sendable {
  /// Kubernetes' waiting reason: `ErrImagePull`, `CreateContainerError` and so on.
  public var reason: String
  /// One sentence for a person.
  public var message: String
  /// When it was found.
  public var since: Instant
  /// Before this nothing is tried.
  public var retryAt: Instant
}

/// An image as a status shows it.
public struct ImageIdentity: Hashable, Sendable {
  /// The normalised name.
  public var name: String
  /// The digest that names exactly this image.
  public var id: String

  /// Makes an identity.
  public init(name: String, id: String) {
    self.name = name
    self.id = id
  }
}

/// What was done to end an attempt.
public struct StopProgress: Hashable, Sendable {
  /// How far the `preStop` hook is.
  public internal(set) var preStop: HookProgress = .idle
  /// When the stop signal was sent.
  public internal(set) var askedAt: Instant?
  /// SIGKILL was sent last at this instant.
  public internal(set) var killedAt: Instant?
}
