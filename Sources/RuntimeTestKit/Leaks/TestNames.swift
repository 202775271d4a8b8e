import RuntimeAPI
import Synchronization

/// Directories and cgroups that this process made for its tests, and names of sandboxes: what others on the machine have
/// is none of our leaks.
enum TestNames {
  private struct Names {
    var directories: Set<String> = []
    var cgroups: Set<String> = []
    var sandboxes: Set<String> = []
  }
  private static let names = Mutex<Names>(Names())

  static var directories: Set<String> { names.withLock { $0.directories } }
  static var cgroups: Set<String> { names.withLock { $0.cgroups } }

  static func add(directory: String) { names.withLock { _ = $0.directories.insert(directory) } }
  static func add(_ sandbox: SandboxID, cgroup: String) {
    names.withLock { names in
      names.sandboxes.insert("\(sandbox)")
      names.cgroups.insert(cgroup)
    }
  }

  /// Whether a session keyring's name, `_ses.` left out, is that of a container of ours.
  static func isOurs(keyring: Substring) -> Bool {
    names.withLock { names in names.sandboxes.contains { keyring.hasPrefix($0) } }
  }
}
