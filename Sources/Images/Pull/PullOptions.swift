import UnpackPlan

/// How an image is brought into the store.
public struct PullOptions: Sendable {
  /// What the image shall run on.
  public var platform = Platform.host
  /// How many layers of the image are fetched at once; at least 1.
  public var layersAtOnce = 3
  /// What each layer may cost.
  public var limits = UnpackLimits.standard
  /// How often in a row a transfer may break off without bringing at least a mebibyte.
  public var attempts = 5
  /// The first wait between two attempts in milliseconds; each further one is twice as long, up to a minute. What the
  /// source asks for (`Retry-After`) counts if it is longer; beyond five minutes the pull ends and says so.
  public var firstWait: Int64 = 500
  /// Whether what arrived of a layer is kept when the transfer breaks off, for the next pull to continue.
  public var keepsPartialDownloads = true
  /// Which partial downloads of earlier pulls stay; looked at when a pull begins.
  public var partialLimits = PartialLimits()
  /// Who else waits: all pulls that share a gate take turns.
  public var gate = PullGate.shared

  /// The standard options; change what needs to differ.
  public init() {}
}

/// What happens during a pull, in order of time; layers are interleaved.
public enum PullEvent: Equatable, Sendable {
  /// Another image is being pulled; this one waits for its turn.
  case waiting
  /// The platform's manifest is known, and so are the layers, without repetitions, lowest first.
  case resolved(manifest: ContentDigest, platform: Platform, layers: [Descriptor])
  /// A layer got on.
  case layer(LayerProgress)
  /// Something failed that may do better the next time: why, and when that is.
  case retrying(String)
  /// Something a person may want to know: what was left out of a layer, or began anew.
  case notice(String)
}

/// How far one layer is.
public struct LayerProgress: Equatable, Sendable {
  /// What is being done.
  public enum State: String, Equatable, Sendable {
    /// It waits for its turn, or for somebody else who fetches the same layer.
    case waiting
    /// Bytes are arriving.
    case downloading
    /// All bytes are there and right; the layer is being written and synced.
    case unpacking
    /// It is complete.
    case done
    /// The store had it.
    case present
  }

  /// The layer.
  public let digest: ContentDigest
  /// What is being done.
  public let state: State
  /// How many bytes of the blob are there, earlier attempts included.
  public let bytes: Int64
  /// The size of the blob in bytes.
  public let total: Int64
}
