/// Names one sandbox on this machine: a pod's UID.
///
/// It becomes a directory and a cgroup name, so only `a-z 0-9 -` and at most 64 bytes are accepted.
public struct SandboxID: Hashable, Sendable, CustomStringConvertible {
  /// The text.
  public let description: String

  /// Accepts a well-formed identifier; `nil` for anything else.
  public init?(_ text: String) {
    guard isPathSafe(text, limit: 64) else { return nil }
    description = text
  }
}

/// Names one attempt to run one container of a sandbox.
public struct ContainerID: Hashable, Sendable, CustomStringConvertible {
  /// The sandbox that it is in.
  public let sandbox: SandboxID
  /// The container's name in its pod, a DNS label.
  public let name: String
  /// Counts from 0; each restart is a new attempt.
  public let attempt: Int

  /// Accepts a well-formed name and a non-negative attempt; `nil` for anything else.
  public init?(sandbox: SandboxID, name: String, attempt: Int) {
    guard isPathSafe(name, limit: 63), attempt >= 0 else { return nil }
    self.sandbox = sandbox
    self.name = name
    self.attempt = attempt
  }

  /// Unique inside the sandbox: `web.0`. A dot cannot be part of a name, so no two identifiers share a text.
  public var localName: String { "\(name).\(attempt)" }

  /// Unique on the machine.
  public var description: String { "\(sandbox)/\(localName)" }
}

private func isPathSafe(_ text: String, limit: Int) -> Bool {
  let allowed = text.utf8.allSatisfy { byte in
    (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2D
  }
  return allowed && !text.isEmpty && text.utf8.count <= limit && text.utf8.first != 0x2D
}
