/// What a node is to a pod that chooses among nodes: its name and its labels.
public struct NodeIdentity: Equatable, Sendable {
  /// The node's name: its host name in lower case.
  public var name: String
  /// Its labels.
  public var labels: [String: String]

  /// A node with these labels and no others.
  public init(name: String, labels: [String: String]) {
    self.name = name
    self.labels = labels
  }

  /// A Linux host with the labels that every kubelet sets, and those of its configuration.
  ///
  /// - Parameters:
  ///   - hostName: As `uname(2)` has it.
  ///   - machine: As `uname(2)` has it: `x86_64`, `aarch64`.
  ///   - labels: Those of the configuration.
  public init(hostName: String, machine: String, labels: [String: String] = [:]) {
    name = hostName.lowercased()
    let own = [
      "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": Self.architecture(machine),
    ]
    self.labels = own.merging(labels) { _, configured in configured }
  }

  /// The labels that every node has.
  static let ownLabels = ["kubernetes.io/arch", "kubernetes.io/hostname", "kubernetes.io/os"]

  /// Go's name of an architecture.
  private static func architecture(_ machine: String) -> String {
    switch machine {
    case "x86_64": "amd64"
    case "aarch64": "arm64"
    case let other: other
    }
  }
}
