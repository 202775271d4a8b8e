/// A container's `config.json` as the Open Container Initiative defines it (runtime-spec 1.3, `config.md`), as values.
///
/// JSON keys are the specification's own. Everything that this type can say is either honoured by a runtime or refused
/// by it: see ``SpecificationFields``.
public struct RuntimeSpecification: Codable, Hashable, Sendable {
  /// The version of the specification, `1.0.2` or later.
  public var ociVersion: String
  /// The container's root directory.
  public var root: Root
  /// What the container runs.
  public var process: Process
  /// The host name inside a UTS namespace of the container's own; `nil` where the sandbox has one.
  public var hostname: String?
  /// Mounts in the order in which they are made.
  public var mounts: [Mount]
  /// Free-form annotations. No runtime of ours acts on any (CVE-2024-3154).
  public var annotations: [String: String]
  /// The Linux section.
  public var linux: LinuxSection

  /// Makes a specification; what is not given has the specification's default.
  public init(
    root: Root,
    process: Process,
    hostname: String? = nil,
    mounts: [Mount] = [],
    annotations: [String: String] = [:],
    linux: LinuxSection = LinuxSection()
  ) {
    self.ociVersion = "1.0.2"
    self.root = root
    self.process = process
    self.hostname = hostname
    self.mounts = mounts
    self.annotations = annotations
    self.linux = linux
  }

  /// `root` of `config.md`.
  public struct Root: Codable, Hashable, Sendable {
    /// Path of the root filesystem; a runtime that stacks layers itself gets them from ``RootFilesystem`` instead.
    public var path: String
    /// Whether the container sees it read-only.
    public var readonly: Bool

    /// Makes a root.
    public init(path: String, readonly: Bool = false) {
      self.path = path
      self.readonly = readonly
    }
  }

  /// One entry of `mounts` of `config.md`.
  public struct Mount: Codable, Hashable, Sendable {
    /// Absolute path inside the container.
    public var destination: String
    /// Filesystem type, or `bind`.
    public var type: String
    /// Device, or the host's path for a bind.
    public var source: String
    /// Options as `mount(8)` has them.
    public var options: [String]

    /// Makes a mount.
    public init(destination: String, type: String, source: String, options: [String] = []) {
      self.destination = destination
      self.type = type
      self.source = source
      self.options = options
    }
  }
}

extension RuntimeSpecification {
  /// Reads the specification's JSON.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    ociVersion = try container.decode(String.self, forKey: .ociVersion)
    root = try container.decode(Root.self, forKey: .root)
    process = try container.decode(Process.self, forKey: .process)
    hostname = try container.decodeIfPresent(String.self, forKey: .hostname)
    mounts = try container.value(.mounts, default: [])
    annotations = try container.value(.annotations, default: [:])
    linux = try container.value(.linux, default: LinuxSection())
  }
}

extension RuntimeSpecification.Root {
  /// Reads the specification's JSON.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    path = try container.decode(String.self, forKey: .path)
    readonly = try container.value(.readonly, default: false)
  }
}

extension RuntimeSpecification.Mount {
  /// Reads the specification's JSON.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    destination = try container.decode(String.self, forKey: .destination)
    type = try container.value(.type, default: "")
    source = try container.value(.source, default: "")
    options = try container.value(.options, default: [])
  }
}
