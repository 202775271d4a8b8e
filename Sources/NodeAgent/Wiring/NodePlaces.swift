import CommandLineOptions
import Glibc
import Linux
import PodEngine

/// Where this node keeps its things.
struct NodePlaces: Hashable {
  var state: String
  var run: String
  var images: String
  var shim: String

  /// - Parameter shim: The supervisor's program; `nil` for the one beside this program.
  init(_ options: GlobalOptions, shim: String?) throws(SyscallError) {
    state = options.stateDirectory
    run = options.runDirectory
    images = options.imageStore
    self.shim = if let shim { shim } else { try Self.beside("swiftlet-shim") }
  }

  /// Compiled filters.
  var filters: String { state + "/filters" }
  /// Seccomp profiles of the administrator, as `localhostProfile` names them.
  var seccompProfiles: String { state + "/seccomp" }

  var directories: PodDirectories { PodDirectories(state: state, run: run) }

  /// Makes the directories that everything else is made in.
  func prepare() throws(SyscallError) {
    try ensureDirectories(state, mode: 0o755)
    try ensureDirectories(run, mode: 0o755)
  }

  private static func beside(_ name: String) throws(SyscallError) -> String {
    let own = try OwnProgram.path()
    return String(own[..<(own.lastIndex(of: "/") ?? own.startIndex)]) + "/" + name
  }
}

/// The program that this process runs.
enum OwnProgram {
  static func path() throws(SyscallError) -> String { try readLink(AT_FDCWD, "/proc/self/exe") }
}
