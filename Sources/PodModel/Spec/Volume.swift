/// A volume of a pod: something that its containers can mount (`v1.Volume`).
public struct Volume: Equatable, Sendable {
  /// A DNS label, unique within the pod.
  public var name: String
  /// What is in it.
  public var source: VolumeSource

  /// A volume.
  public init(name: String, source: VolumeSource) {
    self.name = name
    self.source = source
  }
}

/// Where the content of a volume comes from (`v1.VolumeSource`).
public enum VolumeSource: Equatable, Sendable {
  /// An empty directory that lives as long as the pod.
  case emptyDir(EmptyDirVolume)
  /// A file or directory of the host.
  case hostPath(HostPathVolume)
  /// The values of a ConfigMap as files.
  case configMap(KeyedVolume)
  /// The values of a Secret as files, kept in memory.
  case secret(KeyedVolume)
  /// Fields of the pod itself as files.
  case downwardAPI(DownwardAPIVolume)
  /// Several of these in one directory.
  case projected(ProjectedVolume)
}

/// `v1.EmptyDirVolumeSource`.
public struct EmptyDirVolume: Equatable, Codable, Sendable {
  /// Where its files are.
  public enum Medium: String, Codable, CaseIterable, Sendable {
    /// On the node's disk.
    case disk = ""
    /// In memory, counted as the container's.
    case memory = "Memory"
  }

  /// Where its files are; the disk when nothing is said.
  public var medium: Medium?
  /// The most bytes that it may hold.
  public var sizeLimit: Quantity?

  /// An empty directory.
  public init(medium: Medium? = nil, sizeLimit: Quantity? = nil) {
    self.medium = medium
    self.sizeLimit = sizeLimit
  }
}

/// `v1.HostPathVolumeSource`.
public struct HostPathVolume: Equatable, Codable, Sendable {
  /// What must be at the path, or is made there (`v1.HostPathType`).
  public enum Kind: String, Codable, CaseIterable, Sendable {
    /// Anything; a directory is made where nothing is.
    case unchecked = ""
    /// A directory; made with mode 0755 where nothing is.
    case directoryOrCreate = "DirectoryOrCreate"
    /// A directory.
    case directory = "Directory"
    /// A file; made with mode 0644 where nothing is.
    case fileOrCreate = "FileOrCreate"
    /// A file.
    case file = "File"
    /// A unix socket.
    case socket = "Socket"
    /// A character device.
    case characterDevice = "CharDevice"
    /// A block device.
    case blockDevice = "BlockDevice"
  }

  /// An absolute path of the host.
  public var path: String
  /// What must be there; nothing is checked when nothing is said.
  public var type: Kind?

  /// A path of the host.
  public init(path: String, type: Kind? = nil) {
    self.path = path
    self.type = type
  }
}

/// The values of a ConfigMap or Secret as files (`v1.ConfigMapVolumeSource`, `v1.SecretVolumeSource`).
public struct KeyedVolume: Equatable, Sendable {
  /// The object's name.
  public var name: String
  /// Which values, and as which files; empty: all of them, each under its own key.
  public var items: [KeyToPath] = []
  /// Permissions of files that do not say otherwise; `nil` within a projected volume, whose own count.
  public var defaultMode: UInt16?
  /// Whether the object, and the keys that `items` names, may be missing.
  public var optional: Bool

  /// All values of an object.
  public init(name: String, items: [KeyToPath] = [], defaultMode: UInt16? = nil, optional: Bool = false) {
    self.name = name
    self.items = items
    self.defaultMode = defaultMode
    self.optional = optional
  }
}

/// One value as a file (`v1.KeyToPath`).
public struct KeyToPath: Equatable, Codable, Sendable {
  /// Which value.
  public var key: String
  /// The file's path in the volume, relative and without `..`.
  public var path: String
  /// The file's permissions; nil for the volume's default.
  public var mode: UInt16?

  /// A value as a file.
  public init(key: String, path: String, mode: UInt16? = nil) {
    self.key = key
    self.path = path
    self.mode = mode
  }
}

/// `v1.DownwardAPIVolumeSource`.
public struct DownwardAPIVolume: Equatable, Sendable {
  /// The files.
  public var items: [DownwardAPIFile]
  /// Permissions of files that do not say otherwise; `nil` within a projected volume.
  public var defaultMode: UInt16?

  /// Fields as files.
  public init(items: [DownwardAPIFile] = [], defaultMode: UInt16? = nil) {
    self.items = items
    self.defaultMode = defaultMode
  }
}

/// One field of the pod as a file (`v1.DownwardAPIVolumeFile`).
public struct DownwardAPIFile: Equatable, Sendable {
  /// The file's path in the volume, relative and without `..`.
  public var path: String
  /// What it says.
  public var source: PodFieldSource
  /// The file's permissions; nil for the volume's default.
  public var mode: UInt16?

  /// A field as a file.
  public init(path: String, source: PodFieldSource, mode: UInt16? = nil) {
    self.path = path
    self.source = source
    self.mode = mode
  }
}

/// `v1.ProjectedVolumeSource`.
public struct ProjectedVolume: Equatable, Sendable {
  /// One part of the directory.
  public enum Part: Equatable, Sendable {
    /// Values of a ConfigMap.
    case configMap(KeyedVolume)
    /// Values of a Secret.
    case secret(KeyedVolume)
    /// Fields of the pod.
    case downwardAPI([DownwardAPIFile])
  }

  /// The parts; of two files at one path the later one counts.
  public var sources: [Part]
  /// Permissions of files that do not say otherwise.
  public var defaultMode: UInt16

  /// Several parts in one directory.
  public init(sources: [Part], defaultMode: UInt16 = Defaults.volumeFileMode) {
    self.sources = sources
    self.defaultMode = defaultMode
  }
}

/// Where a container sees a volume (`v1.VolumeMount`).
public struct VolumeMount: Equatable, Sendable {
  /// Whether the mounts below the volume become read-only, too (KEP-3857).
  public enum RecursiveReadOnly: String, Codable, CaseIterable, Sendable {
    /// They stay as they are.
    case disabled = "Disabled"
    /// Where the kernel can.
    case ifPossible = "IfPossible"
    /// Without it the container does not start.
    case enabled = "Enabled"
  }

  /// Whether mounts made later pass between host and container (`mount_namespaces(7)`).
  public enum Propagation: String, Codable, CaseIterable, Sendable {
    /// Neither way.
    case none = "None"
    /// Those of the host appear in the container.
    case hostToContainer = "HostToContainer"
  }

  /// The volume's name.
  public var name: String
  /// An absolute path in the container.
  public var mountPath: String
  /// Whether the container may only read.
  public var readOnly = false
  /// A path in the volume to mount instead of its root, relative and without `..`.
  public var subPath: String?
  /// The same with `$(NAME)` of the container's environment; excludes `subPath`.
  public var subPathExpr: String?
  /// Only beside `readOnly`.
  public var recursiveReadOnly: RecursiveReadOnly?
  /// `none` when nothing is said.
  public var mountPropagation: Propagation?

  /// A mount of a volume's root.
  public init(name: String, mountPath: String, readOnly: Bool = false) {
    self.name = name
    self.mountPath = mountPath
    self.readOnly = readOnly
  }
}
