import PodModel

/// What happened to a pod.
public enum PodEvent: Hashable, Sendable {
  /// The sandbox is there, and has these addresses.
  case sandboxCreated(addresses: [String])
  /// The sandbox could not be made.
  case sandboxFailed(String)
  /// Its volumes could not be made, and the sandbox was taken back.
  case volumesFailed(String)
  /// The sandbox's supervisor has gone.
  case sandboxLost
  /// Nothing of the sandbox is left.
  case sandboxRemoved
  /// The sandbox could not be removed.
  case sandboxRemovalFailed(String)
  /// Something happened to an attempt of a container.
  case container(String, attempt: Int, ContainerEvent)
  /// The pod uses more of its node than it may; Kubernetes' sentence about it.
  case evicted(String)
  /// Somebody wants the pod to end within this time.
  case stopRequested(grace: Duration)
  /// Somebody wants the pod to end now.
  case killRequested
}

/// What happened to an attempt of a container.
public enum ContainerEvent: Hashable, Sendable {
  /// The image is being got.
  case imagePulling
  /// How far that is, in words.
  case imageProgress(String)
  /// The image is in the store; `pulled` tells what that took if it was not there before.
  case imageReady(ImageIdentity, pulled: PullSummary?)
  /// The image cannot be had.
  case imageFailed(ImageFailure)
  /// The attempt exists under this name, and will run as this user where that is known.
  case created(identifier: String, user: LinuxContainerUser? = nil)
  /// The attempt could not be made.
  case createFailed(CreateFailure)
  /// Its program runs in this process.
  case started(at: Timestamp, pid: Int32)
  /// Its program could not be run; the attempt has ended with this code.
  case startFailed(code: Int32, message: String)
  /// Its `postStart` hook is over.
  case postStartEnded(failure: String?)
  /// Its `preStop` hook is over.
  case preStopEnded(failure: String?)
  /// An attempt of a probe has ended.
  case probed(ProbeKind, ProbeOutcome)
  /// It has ended and said this.
  case ended(ContainerEnd, message: String)
  /// A signal could not be sent.
  case signalFailed(String)
  /// Nothing of it is left.
  case deleted
  /// It could not be removed.
  case deleteFailed(String)
}

/// What it took to get an image.
public struct PullSummary: Hashable, Sendable {
  /// From the decision to get it until it was there.
  public var duration: Duration
  /// The sum of its files' sizes in bytes.
  public var bytes: Int64

  /// Makes a summary.
  public init(duration: Duration, bytes: Int64) {
    self.duration = duration
    self.bytes = bytes
  }
}

/// Why an image cannot be had.
public enum ImageFailure: Hashable, Sendable {
  /// The name is none.
  case invalidName(String)
  /// It is not in the store, and the policy forbids to get it.
  case neverPull(String)
  /// It could not be got.
  case pull(String)
  /// The store could not be read.
  case inspect(String)

  /// Kubernetes' waiting reason.
  public var reason: String {
    switch self {
    case .invalidName: "InvalidImageName"
    case .neverPull: "ErrImageNeverPull"
    case .pull: "ErrImagePull"
    case .inspect: "ImageInspectError"
    }
  }

  /// One sentence for a person.
  public var message: String {
    switch self {
    case .invalidName(let text), .neverPull(let text), .pull(let text), .inspect(let text): text
    }
  }
}

/// Why an attempt could not be made.
public enum CreateFailure: Hashable, Sendable {
  /// What the pod asks for cannot be had as it is written.
  case configuration(String)
  /// The runtime failed.
  case runtime(String)

  /// Kubernetes' waiting reason.
  public var reason: String {
    switch self {
    case .configuration: "CreateContainerConfigError"
    case .runtime: "CreateContainerError"
    }
  }

  /// One sentence for a person.
  public var message: String {
    switch self {
    case .configuration(let text), .runtime(let text): text
    }
  }
}
