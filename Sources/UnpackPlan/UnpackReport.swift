import JSONText

/// What the child made of an archive. To the parent these are the words of a process that may have been taken over.
public struct UnpackReport: Equatable, Sendable {
  /// SHA-256 of the decompressed archive; 64 hexadecimal digits.
  public var diffID: String
  /// The length of the archive as it was read.
  public var archiveBytes: Int64
  /// The length of the archive after decompression.
  public var plainBytes: Int64
  /// The sum of all files' sizes.
  public var contentBytes: Int64
  /// The number of entries in the archive.
  public var entries: Int64
  /// Directories that had no entry of their own and were made with mode 0755: below other layers they take owner, mode
  /// and times from there. Paths as in `opaqueDirectories`; the empty one is the root.
  public var impliedDirectories: [[UInt8]]
  /// What was left out on purpose, and how often.
  public var skipped: [UnpackSkip: Int64]
  /// Directories that hide what lower layers have there: the parent marks them, since only CAP_SYS_ADMIN can. Each is a
  /// path of real directories below the layer's root, without leading slash; the bytes of its name.
  public var opaqueDirectories: [[UInt8]]

  /// A report of nothing yet.
  public init() {
    diffID = ""
    archiveBytes = 0
    plainBytes = 0
    contentBytes = 0
    entries = 0
    impliedDirectories = []
    skipped = [:]
    opaqueDirectories = []
  }

  /// The largest report that the parent reads, in bytes.
  public static let limit = 18 << 20
}

/// Parts of an archive that a layer does without.
public enum UnpackSkip: String, Hashable, Sendable, CaseIterable {
  /// A socket, or an entry of a type that no file system of Linux has.
  case unknownType
  /// An entry for the root itself that is no directory.
  case rootEntry
  /// Bookkeeping of AUFS: names that begin with `.wh..wh.`.
  case aufsMetadata
  /// `trusted.*`, `user.overlay.*`, and `security.*` other than `security.capability`.
  case extendedAttribute
  /// An extended attribute that this file system cannot keep (EOPNOTSUPP).
  case unsupportedAttribute
}

/// Why an archive was not unpacked.
public struct UnpackFailure: Error, Equatable, Sendable, CustomStringConvertible {
  /// The kinds of reasons.
  public enum Kind: String, Sendable, CaseIterable {
    /// The child could not lock itself in; nothing was read.
    case confinement
    /// The limits could not be read.
    case request
    /// The archive is damaged, cut off, or no tar archive.
    case archive
    /// More content or a longer archive than `UnpackLimits.bytes`.
    case tooManyBytes
    /// More entries than `UnpackLimits.entries`.
    case tooManyEntries
    /// A name or link target longer than `UnpackLimits.pathBytes`, or a component longer than NAME_MAX.
    case pathTooLong
    /// Deeper than `UnpackLimits.depth`.
    case tooDeep
    /// Content out of proportion to the archive: `UnpackLimits.ratio`.
    case tooCompressed
    /// More than `UnpackLimits.attributeBytes`.
    case attributesTooLarge
    /// More than `UnpackLimits.opaqueDirectories`.
    case tooManyOpaqueDirectories
    /// More than `UnpackLimits.impliedDirectories`.
    case tooManyImpliedDirectories
    /// A name that cannot be one: with a NUL.
    case invalidName
    /// A whiteout of `.`, `..` or nothing.
    case invalidWhiteout
    /// A hard link to what is not there, or to a directory.
    case invalidLink
    /// Symbolic links that lead in a circle.
    case symlinkLoop
    /// A device number out of range.
    case invalidDevice
    /// The file system refused.
    case fileSystem
    /// The file system is full, or the quota is.
    case diskFull
    /// The child ended without a report: killed by a limit, by the filter, or by the parent's time limit.
    case died
  }

  /// The kind of reason.
  public var kind: Kind
  /// The entry's name, if there was one; shortened, for people.
  public var entry: String
  /// What was expected and what was found.
  public var detail: String

  /// Makes a failure.
  public init(_ kind: Kind, entry: String = "", _ detail: String) {
    self.kind = kind
    self.entry = entry
    self.detail = detail
  }

  /// `entry "a/b": detail (kind)`.
  public var description: String {
    entry.isEmpty ? "\(detail) (\(kind.rawValue))" : "entry \"\(entry)\": \(detail) (\(kind.rawValue))"
  }
}
