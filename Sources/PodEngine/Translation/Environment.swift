import PodModel

/// The environment of a container: later entries win, each name occurs once.
struct Environment {
  /// What Docker, containerd and CRI-O set where nobody sets a `PATH`.
  static let defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

  private var names: [String] = []
  private var values: [String: String] = [:]

  /// `NAME=value` for each variable, in the order in which the names came first.
  var entries: [String] { names.map { "\($0)=\(values[$0] ?? "")" } }

  subscript(name: String) -> String? { values[name] }

  mutating func set(_ name: String, _ value: String) {
    if values.updateValue(value, forKey: name) == nil { names.append(name) }
  }

  mutating func setIfMissing(_ name: String, _ value: String) {
    if values[name] == nil { set(name, value) }
  }

  /// Image variables over the node's, the pod's over both. The node's `HOSTNAME` can be overridden by either, as with
  /// containerd.
  init(hostname: String, image: [String], pod: ResolvedEnvironment, tty: Bool, home: String) {
    if tty { set("TERM", "xterm") }
    set("HOSTNAME", hostname)
    for entry in image {
      let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if let name = parts.first, !name.isEmpty { set(String(name), parts.count > 1 ? String(parts[1]) : "") }
    }
    for (name, value) in pod.ordered { set(name, value) }
    setIfMissing("PATH", Self.defaultPath)
    setIfMissing("HOME", home)
  }
}
