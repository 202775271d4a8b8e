extension RuntimeSpecification {
  /// `process` of `config.md`: what runs, as whom and with which privileges.
  public struct Process: Codable, Hashable, Sendable {
    /// Whether standard input, output and error are a terminal.
    public var terminal: Bool
    /// Who it runs as.
    public var user: User
    /// Program and arguments; the program is searched in the container's own `PATH`.
    public var args: [String]
    /// Environment, `NAME=value`.
    public var env: [String]
    /// Working directory, an absolute path inside the container.
    public var cwd: String
    /// The five capability sets.
    public var capabilities: Capabilities
    /// Resource limits (`setrlimit(2)`).
    public var rlimits: [ResourceLimit]
    /// `prctl(PR_SET_NO_NEW_PRIVS)`.
    public var noNewPrivileges: Bool
    /// `/proc/<pid>/oom_score_adj`; `nil` leaves what is inherited.
    public var oomScoreAdj: Int?
    /// AppArmor profile; no runtime of ours applies one yet.
    public var apparmorProfile: String?
    /// SELinux label; no runtime of ours applies one yet.
    public var selinuxLabel: String?

    /// Makes a process; what is not given has the specification's default.
    public init(
      args: [String],
      env: [String] = [],
      cwd: String = "/",
      user: User = User(),
      terminal: Bool = false,
      capabilities: Capabilities = Capabilities(),
      rlimits: [ResourceLimit] = [],
      noNewPrivileges: Bool = false,
      oomScoreAdj: Int? = nil
    ) {
      self.terminal = terminal
      self.user = user
      self.args = args
      self.env = env
      self.cwd = cwd
      self.capabilities = capabilities
      self.rlimits = rlimits
      self.noNewPrivileges = noNewPrivileges
      self.oomScoreAdj = oomScoreAdj
    }
  }

  /// `process.user` of `config.md`.
  public struct User: Codable, Hashable, Sendable {
    /// User id.
    public var uid: UInt32
    /// Primary group id.
    public var gid: UInt32
    /// File mode creation mask; `nil` means 0022.
    public var umask: UInt32?
    /// The exact list that `setgroups(2)` gets.
    public var additionalGids: [UInt32]

    /// Makes a user.
    public init(uid: UInt32 = 0, gid: UInt32 = 0, umask: UInt32? = nil, additionalGids: [UInt32] = []) {
      self.uid = uid
      self.gid = gid
      self.umask = umask
      self.additionalGids = additionalGids
    }
  }

  /// `process.capabilities` of `config.md`: names with the `CAP_` prefix.
  public struct Capabilities: Codable, Hashable, Sendable {
    /// Upper bound over `execve(2)`.
    public var bounding: [String]
    /// What is in force.
    public var effective: [String]
    /// What `execve(2)` may pass on.
    public var inheritable: [String]
    /// What may be put in force.
    public var permitted: [String]
    /// What survives `execve(2)` of an ordinary program.
    public var ambient: [String]

    /// Makes the five sets.
    public init(
      bounding: [String] = [],
      effective: [String] = [],
      inheritable: [String] = [],
      permitted: [String] = [],
      ambient: [String] = []
    ) {
      self.bounding = bounding
      self.effective = effective
      self.inheritable = inheritable
      self.permitted = permitted
      self.ambient = ambient
    }
  }

  /// One entry of `process.rlimits` of `config.md`.
  public struct ResourceLimit: Codable, Hashable, Sendable {
    /// `RLIMIT_NOFILE` and its like.
    public var type: String
    /// Soft limit.
    public var soft: UInt64
    /// Hard limit.
    public var hard: UInt64

    /// Makes a limit.
    public init(type: String, soft: UInt64, hard: UInt64) {
      self.type = type
      self.soft = soft
      self.hard = hard
    }
  }
}

extension RuntimeSpecification.Process {
  /// Reads the specification's JSON.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    terminal = try container.value(.terminal, default: false)
    user = try container.value(.user, default: RuntimeSpecification.User())
    args = try container.decode([String].self, forKey: .args)
    env = try container.value(.env, default: [])
    cwd = try container.decode(String.self, forKey: .cwd)
    capabilities = try container.value(.capabilities, default: RuntimeSpecification.Capabilities())
    rlimits = try container.value(.rlimits, default: [])
    noNewPrivileges = try container.value(.noNewPrivileges, default: false)
    oomScoreAdj = try container.decodeIfPresent(Int.self, forKey: .oomScoreAdj)
    apparmorProfile = try container.decodeIfPresent(String.self, forKey: .apparmorProfile)
    selinuxLabel = try container.decodeIfPresent(String.self, forKey: .selinuxLabel)
  }
}

extension RuntimeSpecification.User {
  /// Reads the specification's JSON.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    uid = try container.value(.uid, default: 0)
    gid = try container.value(.gid, default: 0)
    umask = try container.decodeIfPresent(UInt32.self, forKey: .umask)
    additionalGids = try container.value(.additionalGids, default: [])
  }
}

extension RuntimeSpecification.Capabilities {
  /// Reads the specification's JSON.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    bounding = try container.value(.bounding, default: [])
    effective = try container.value(.effective, default: [])
    inheritable = try container.value(.inheritable, default: [])
    permitted = try container.value(.permitted, default: [])
    ambient = try container.value(.ambient, default: [])
  }
}

extension RuntimeSpecification.ResourceLimit {
  /// Reads the specification's JSON.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    type = try container.decode(String.self, forKey: .type)
    soft = try container.decode(UInt64.self, forKey: .soft)
    hard = try container.decode(UInt64.self, forKey: .hard)
  }
}
