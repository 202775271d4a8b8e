import Glibc
import Linux
import RuntimeAPI
import StateStore
import Supervision

/// The bundle of one container (`bundle.md` of the OCI runtime specification), below the pod's directory.
struct Bundle {
  static let folder = "oci"
  static let pidName = "pid"

  /// Absolute path.
  let path: String
  private let directory: PodDirectory
  private let name: String

  init(_ container: ContainerID, in directory: PodDirectory) {
    name = container.localName
    self.directory = directory
    path = "\(directory.path)/\(Self.folder)/\(name)"
  }

  /// Where the root filesystem is mounted, in the supervisor's mount namespace.
  var root: String { path + "/rootfs" }
  /// Where commands say what went wrong.
  var log: String { path + "/log" }
  /// Where `create` writes the first process's id, below the pod's directory.
  var pidFile: String { "\(Self.folder)/\(name)/\(Self.pidName)" }

  /// Makes it. What an attempt that failed left is replaced.
  func write(_ document: [UInt8]) throws(RuntimeError) {
    try Failures.host("write the bundle", path) { () throws(SyscallError) in
      let folder = try openDirectory(AT_FDCWD, "\(directory.path)/\(Self.folder)")
      try removeTree(folder.raw, name)
      try makeDirectory(folder.raw, name)
      let bundle = try openDirectory(folder.raw, name)
      try makeDirectory(bundle.raw, "rootfs", mode: 0o755)
      try replaceFile(in: bundle.raw, named: "config.json", with: document, durability: .untilReboot)
    }
  }

  /// Removes it; what cannot be removed goes with the pod's directory.
  func remove() {
    // A folder that cannot be opened is not there any more.
    guard let folder = try? openDirectory(AT_FDCWD, "\(directory.path)/\(Self.folder)") else { return }
    // See above.
    try? removeTree(folder.raw, name)
  }
}
