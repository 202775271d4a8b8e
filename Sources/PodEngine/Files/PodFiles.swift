import Glibc
import Linux
import PodLogic
import PodModel

/// The files of one pod on the host.
struct PodFiles: Sendable {
  let directories: PodDirectories
  let pod: Pod

  /// Makes the directories that the pod has before it has anything else.
  func prepare() throws(SyscallError) {
    try ensureDirectories(directories.logs(pod))
    try ensureDirectories(directories.layers(pod))
    try ensureDirectories(directories.generated(pod))
  }

  /// Writes the files of `/etc`.
  func write(_ text: GeneratedFiles) throws(SyscallError) {
    let directory = try openDirectory(AT_FDCWD, directories.generated(pod))
    for (name, content) in [("hosts", text.hosts), ("hostname", text.hostname), ("resolv.conf", text.resolvConf)] {
      try write(name, content, in: directory.raw, mode: 0o644)
    }
  }

  /// Makes the directories of an attempt; the attempt must be new.
  func prepare(_ container: String, attempt: Int, volumes: [ImageVolume] = []) throws(SyscallError) {
    try ensureDirectory(AT_FDCWD, "\(directories.logs(pod))/\(container)")
    let layers = try openDirectory(AT_FDCWD, directories.layers(pod))
    let own = attemptName(container, attempt)
    try makeDirectory(layers.raw, own)
    let directory = try openDirectory(layers.raw, own)
    try makeDirectory(directory.raw, "u")
    // The upper directory becomes the container's `/`, which everybody in it must be able to pass.
    try setMode("u", in: directory.raw, mode: 0o755)
    try makeDirectory(directory.raw, "w")
    try write("termination-log", "", in: directory.raw, mode: 0o666)
    if volumes.isEmpty { return }
    try makeDirectory(directory.raw, "v")
    let parent = try openDirectory(directory.raw, "v")
    for (index, volume) in volumes.enumerated() {
      try makeDirectory(parent.raw, "\(index)")
      let made = try openDirectory(parent.raw, "\(index)")
      let raw = made.raw
      try check("fchown") { fchown(raw, volume.uid, volume.gid) }
      // After the owner, which would take set-group-id away.
      try check("fchmod") { fchmod(raw, volume.mode) }
    }
  }

  /// What an ended attempt left behind as its last words, by its termination message policy.
  func terminationMessage(_ container: Container, attempt: Int, failed: Bool) throws(SyscallError) -> String {
    let file = try head("\(directories.layers(pod))/\(attemptName(container.name, attempt))/termination-log")
    let fallsBack = container.terminationMessagePolicy == .fallbackToLogsOnError
    var tail: [UInt8] = []
    if file.isEmpty && fallsBack && failed {
      tail = try logTail("\(directories.logs(pod))/\(PodDirectories.logFile(container.name, attempt))")
    }
    return TerminationMessage.choose(
      file: file,
      logTail: tail,
      fallsBackToLog: fallsBack,
      failed: failed,
      containers: pod.spec.allContainers.count
    )
  }

  /// Removes the writable layer of an attempt.
  func remove(_ container: String, attempt: Int) throws(SyscallError) {
    guard let layers = try openIfPresent(directories.layers(pod)) else { return }
    try removeTree(layers.raw, attemptName(container, attempt))
  }

  /// Removes everything of the pod, except what is to be kept. The pod's directory below the run directory, which names
  /// it, goes last, with its owner's claim.
  func removeAll(keeping retention: Retention) throws(SyscallError) {
    try removeFromParent(directories.generated(pod))
    if !retention.keepsLayers { try removeFromParent(directories.layers(pod)) }
    if !retention.keepsLogs { try removeFromParent(directories.logs(pod)) }
  }

  private func attemptName(_ container: String, _ attempt: Int) -> String { "\(container).\(attempt)" }

  private func removeFromParent(_ path: String) throws(SyscallError) {
    guard let slash = path.lastIndex(of: "/"), let parent = try openIfPresent(String(path[..<slash])) else { return }
    do throws(SyscallError) { try removeTree(parent.raw, String(path[path.index(after: slash)...])) } catch {
      throw SyscallError("remove \(path)", error.errno)
    }
  }

  private func openIfPresent(_ path: String) throws(SyscallError) -> OwnedFD? {
    do throws(SyscallError) { return try openDirectory(AT_FDCWD, path) } catch {
      if error.errno == ENOENT { return nil }
      throw error
    }
  }

  /// Independent of this process's umask.
  private func write(_ name: String, _ text: String, in directory: Int32, mode: mode_t) throws(SyscallError) {
    try replaceFile(in: directory, named: name, with: Array(text.utf8), durability: .untilReboot)
    try setMode(name, in: directory, mode: mode)
  }

  private func setMode(_ name: String, in directory: Int32, mode: mode_t) throws(SyscallError) {
    try check("fchmodat") { fchmodat(directory, name, mode, 0) }
  }

  private func head(_ path: String) throws(SyscallError) -> [UInt8] {
    let file = try openAt(AT_FDCWD, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    return try readSome(file.raw, capacity: TerminationMessage.limit)
  }

  private func logTail(_ path: String) throws(SyscallError) -> [UInt8] {
    let file = try openAt(AT_FDCWD, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    let raw = file.raw
    var status = stat()
    try check("fstat") { fstat(raw, &status) }
    let start = max(0, Int(status.st_size) - LogTail.window)
    lseek(raw, off_t(start), SEEK_SET)
    var bytes: [UInt8] = []
    while bytes.count < LogTail.window {
      let part = try readSome(raw, capacity: LogTail.window - bytes.count)
      if part.isEmpty { break }
      bytes += part
    }
    return LogTail.text(bytes, isWhole: start == 0)
  }
}

/// What stays on disk after a pod has gone.
public struct Retention: Hashable, Sendable {
  /// Log files.
  public var keepsLogs: Bool
  /// Writable layers.
  public var keepsLayers: Bool

  /// Makes a choice.
  public init(keepsLogs: Bool, keepsLayers: Bool) {
    self.keepsLogs = keepsLogs
    self.keepsLayers = keepsLayers
  }
}
