extension RuntimeSpecification {
  /// `linux` of `config-linux.md`.
  public struct LinuxSection: Codable, Hashable, Sendable {
    /// Namespaces that the container has of its own. Those of its sandbox (network, ipc, uts, and pid where shared)
    /// are not named here: the runtime joins them because the container is in that sandbox.
    public var namespaces: [Namespace]
    /// Device nodes beside the ones that every container has.
    public var devices: [Device]
    /// cgroup path; `nil` lets the runtime choose one below the sandbox's.
    public var cgroupsPath: String?
    /// Limits and device control.
    public var resources: Resources
    /// Propagation of the root mount: `private`, `rslave`, …; `nil` means private.
    public var rootfsPropagation: String?
    /// System call filter; `nil` means none.
    public var seccomp: SeccompProfile?
    /// Paths that read as empty.
    public var maskedPaths: [String]
    /// Paths that are read-only.
    public var readonlyPaths: [String]
    /// Kernel parameters, dotted names.
    public var sysctl: [String: String]
    /// SELinux label of mounts; no runtime of ours applies one yet.
    public var mountLabel: String?

    /// Makes a section; what is not given has the specification's default.
    public init(
      namespaces: [Namespace] = [],
      devices: [Device] = [],
      cgroupsPath: String? = nil,
      resources: Resources = Resources(),
      rootfsPropagation: String? = nil,
      seccomp: SeccompProfile? = nil,
      maskedPaths: [String] = [],
      readonlyPaths: [String] = [],
      sysctl: [String: String] = [:]
    ) {
      self.namespaces = namespaces
      self.devices = devices
      self.cgroupsPath = cgroupsPath
      self.resources = resources
      self.rootfsPropagation = rootfsPropagation
      self.seccomp = seccomp
      self.maskedPaths = maskedPaths
      self.readonlyPaths = readonlyPaths
      self.sysctl = sysctl
    }
  }

  /// One entry of `linux.namespaces`.
  public struct Namespace: Codable, Hashable, Sendable {
    /// Kinds of namespaces, spelled as in `config-linux.md`.
    public enum Kind: String, Codable, Hashable, Sendable {
      case pid, network, mount, ipc, uts, user, cgroup, time
    }
    /// The kind.
    public var type: Kind
    /// Path of an existing one to join; `nil` makes a new one.
    public var path: String?

    /// Makes an entry.
    public init(type: Kind, path: String? = nil) {
      self.type = type
      self.path = path
    }
  }

  /// One entry of `linux.devices`.
  public struct Device: Codable, Hashable, Sendable {
    /// `c`, `b` or `p`.
    public var type: String
    /// Absolute path inside the container.
    public var path: String
    /// Major number.
    public var major: Int64
    /// Minor number.
    public var minor: Int64
    /// Permission bits.
    public var fileMode: UInt32?
    /// Owner.
    public var uid: UInt32?
    /// Group.
    public var gid: UInt32?

    /// Makes a device.
    public init(
      type: String,
      path: String,
      major: Int64,
      minor: Int64,
      fileMode: UInt32? = nil,
      uid: UInt32? = nil,
      gid: UInt32? = nil
    ) {
      self.type = type
      self.path = path
      self.major = major
      self.minor = minor
      self.fileMode = fileMode
      self.uid = uid
      self.gid = gid
    }
  }
}

extension RuntimeSpecification.LinuxSection {
  /// Reads the specification's JSON.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    namespaces = try container.value(.namespaces, default: [])
    devices = try container.value(.devices, default: [])
    cgroupsPath = try container.decodeIfPresent(String.self, forKey: .cgroupsPath)
    resources = try container.value(.resources, default: RuntimeSpecification.Resources())
    rootfsPropagation = try container.decodeIfPresent(String.self, forKey: .rootfsPropagation)
    seccomp = try container.decodeIfPresent(SeccompProfile.self, forKey: .seccomp)
    maskedPaths = try container.value(.maskedPaths, default: [])
    readonlyPaths = try container.value(.readonlyPaths, default: [])
    sysctl = try container.value(.sysctl, default: [:])
    mountLabel = try container.decodeIfPresent(String.self, forKey: .mountLabel)
  }
}

extension RuntimeSpecification.Namespace {
  /// Reads the specification's JSON.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    type = try container.decode(Kind.self, forKey: .type)
    path = try container.decodeIfPresent(String.self, forKey: .path)
  }
}

extension RuntimeSpecification.Device {
  /// Reads the specification's JSON.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    type = try container.decode(String.self, forKey: .type)
    path = try container.decode(String.self, forKey: .path)
    major = try container.value(.major, default: 0)
    minor = try container.value(.minor, default: 0)
    fileMode = try container.decodeIfPresent(UInt32.self, forKey: .fileMode)
    uid = try container.decodeIfPresent(UInt32.self, forKey: .uid)
    gid = try container.decodeIfPresent(UInt32.self, forKey: .gid)
  }
}
