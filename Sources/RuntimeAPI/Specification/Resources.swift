extension RuntimeSpecification {
  /// `linux.resources` of `config-linux.md`, as far as cgroup v2 has it.
  public struct Resources: Codable, Hashable, Sendable {
    /// Device control, evaluated in order, the last match wins.
    public var devices: [DeviceRule]
    /// Memory.
    public var memory: Memory
    /// Processor time.
    public var cpu: CPU
    /// Number of tasks.
    public var pids: Pids
    /// cgroup v2 files by name (`memory.oom.group`) with the text to write.
    public var unified: [String: String]

    /// Makes resources without limits.
    public init(
      devices: [DeviceRule] = [],
      memory: Memory = Memory(),
      cpu: CPU = CPU(),
      pids: Pids = Pids(),
      unified: [String: String] = [:]
    ) {
      self.devices = devices
      self.memory = memory
      self.cpu = cpu
      self.pids = pids
      self.unified = unified
    }
  }

  /// One entry of `linux.resources.devices`.
  public struct DeviceRule: Codable, Hashable, Sendable {
    /// Whether it allows or denies.
    public var allow: Bool
    /// `a` (all), `c` or `b`.
    public var type: String
    /// Major number; `nil` means any.
    public var major: Int64?
    /// Minor number; `nil` means any.
    public var minor: Int64?
    /// Any of `r`, `w`, `m`.
    public var access: String

    /// Makes a rule.
    public init(allow: Bool, type: String = "a", major: Int64? = nil, minor: Int64? = nil, access: String = "rwm") {
      self.allow = allow
      self.type = type
      self.major = major
      self.minor = minor
      self.access = access
    }
  }

  /// `linux.resources.memory`.
  public struct Memory: Codable, Hashable, Sendable {
    /// Bytes, `memory.max`.
    public var limit: Int64?
    /// Bytes, `memory.low`.
    public var reservation: Int64?

    /// Makes memory limits.
    public init(limit: Int64? = nil, reservation: Int64? = nil) {
      self.limit = limit
      self.reservation = reservation
    }
  }

  /// `linux.resources.cpu`.
  public struct CPU: Codable, Hashable, Sendable {
    /// Relative weight in the old scale of 2 to 262144; runtimes convert it to `cpu.weight`.
    public var shares: UInt64?
    /// Microseconds of run time in each period.
    public var quota: Int64?
    /// Microseconds.
    public var period: UInt64?

    /// Makes processor limits.
    public init(shares: UInt64? = nil, quota: Int64? = nil, period: UInt64? = nil) {
      self.shares = shares
      self.quota = quota
      self.period = period
    }
  }

  /// `linux.resources.pids`.
  public struct Pids: Codable, Hashable, Sendable {
    /// Tasks, `pids.max`.
    public var limit: Int64?

    /// Makes a limit.
    public init(limit: Int64? = nil) {
      self.limit = limit
    }
  }
}

extension RuntimeSpecification.Resources {
  /// Reads the specification's JSON.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    devices = try container.value(.devices, default: [])
    memory = try container.value(.memory, default: RuntimeSpecification.Memory())
    cpu = try container.value(.cpu, default: RuntimeSpecification.CPU())
    pids = try container.value(.pids, default: RuntimeSpecification.Pids())
    unified = try container.value(.unified, default: [:])
  }
}

extension RuntimeSpecification.DeviceRule {
  /// Reads the specification's JSON.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    allow = try container.decode(Bool.self, forKey: .allow)
    type = try container.value(.type, default: "a")
    major = try container.decodeIfPresent(Int64.self, forKey: .major)
    minor = try container.decodeIfPresent(Int64.self, forKey: .minor)
    access = try container.value(.access, default: "rwm")
  }
}

extension RuntimeSpecification.Memory {
  /// Reads the specification's JSON.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    limit = try container.decodeIfPresent(Int64.self, forKey: .limit)
    reservation = try container.decodeIfPresent(Int64.self, forKey: .reservation)
  }
}

extension RuntimeSpecification.CPU {
  /// Reads the specification's JSON.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    shares = try container.decodeIfPresent(UInt64.self, forKey: .shares)
    quota = try container.decodeIfPresent(Int64.self, forKey: .quota)
    period = try container.decodeIfPresent(UInt64.self, forKey: .period)
  }
}

extension RuntimeSpecification.Pids {
  /// Reads the specification's JSON.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    limit = try container.decodeIfPresent(Int64.self, forKey: .limit)
  }
}
