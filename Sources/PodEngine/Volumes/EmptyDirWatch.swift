import Glibc
import Linux
import PodLogic
import PodModel
import Volumes

/// Watches what a pod's emptyDirs on disk hold, where they have a limit: the kernel has none for a directory that a
/// container could not lift (a file's owner may change its project), so that it is measured now and then, as by the kubelet.
///
/// A volume in use is looked at every second, an idle one every ten, and not at all while nothing on its filesystem has
/// grown. Large ones are looked at in pieces, at most one twentieth of the time, and less often the longer that takes.
struct EmptyDirWatch: Sendable {
  private struct Limited: Sendable {
    var name: String
    var path: String
    var limit: Quantity
    var fill: DiskFill?
    var bytes: Int64 = -1
    var isDoubted = false

    var isOverLimit: Bool { bytes > limit.value }

    /// In the kubelet's words (`emptyDirMessageFmt`), the blank at their end included.
    var excess: String { "Usage of EmptyDir volume \"\(name)\" exceeds the limit \"\(limit)\". " }
  }

  private static let shortestPause = Duration.seconds(1)
  private static let longestPause = Duration.seconds(10)
  /// Entries that are looked at in one go: about a millisecond.
  private static let slice = 512
  /// How much longer than a piece of work the pause after it is.
  private static let pauseAfterSlice = 19
  /// How much longer than the work on all volumes the pause after it is at least, up to a limit.
  private static let pauseAfterAll = 100
  private static let longestPauseAfterAll = Duration.seconds(300)

  private let clock: any EngineClock
  private var volumes: [Limited]
  /// What the latest look at all of them took.
  private var work = Duration.zero

  /// nil for a pod that has no such volume.
  init?(_ pod: Pod, directory: String, clock: any EngineClock) {
    volumes = pod.spec.volumes.compactMap { volume in
      // Without a positive one there is no limit, as for the kubelet; that of a filesystem in memory is the kernel's.
      guard case .emptyDir(let source) = volume.source, source.medium != .memory, let limit = source.sizeLimit,
        limit > .zero
      else { return nil }
      return Limited(name: volume.name, path: "\(directory)/\(volume.name)", limit: limit)
    }
    if volumes.isEmpty { return nil }
    self.clock = clock
  }

  /// Returns when a volume holds more than it may, which it tells, or when its task is cancelled.
  mutating func run(_ tell: (PodWorker.Input) -> Void) async {
    var pause = Self.shortestPause
    while true {
      await clock.sleep(until: clock.now.instant + pause)
      var hasChanged = false
      work = .zero
      for index in volumes.indices {
        if Task.isCancelled { return }
        let before = volumes[index].bytes
        do throws(SyscallError) {
          if try await !measure(index) {
            doubt(index, "its directories are too deep, or move while they are looked at", tell)
          }
        } catch {
          // The pod's directories come with its sandbox and go with the pod.
          if error.errno != ENOENT { doubt(index, "\(error)", tell) }
          continue
        }
        let volume = volumes[index]
        if volume.isOverLimit { return tell(.event(.evicted(volume.excess))) }
        hasChanged = hasChanged || volume.bytes != before
      }
      let usual = hasChanged ? Self.shortestPause : min(pause * 2, Self.longestPause)
      pause = max(usual, min(work * Self.pauseAfterAll, Self.longestPauseAfterAll))
    }
  }

  /// `false` if something could not be seen.
  private mutating func measure(_ index: Int) async throws(SyscallError) -> Bool {
    let root = SharedFD(try openDirectory(AT_FDCWD, volumes[index].path))
    let fill = try DiskFill(of: root.raw)
    if fill == volumes[index].fill { return true }
    var usage = try TreeUsage(of: root.raw)
    var isDone = false
    while !isDone {
      let start = ContinuousClock.now
      isDone = try usage.advance(entries: Self.slice)
      let taken = start.duration(to: .now)
      work += taken
      volumes[index].bytes = isDone ? usage.bytes : max(volumes[index].bytes, usage.bytes)
      if isDone || volumes[index].isOverLimit { break }
      await clock.sleep(until: clock.now.instant + taken * Self.pauseAfterSlice)
      if Task.isCancelled { return true }
    }
    // What could not be seen is looked for again.
    volumes[index].fill = usage.isComplete ? fill : nil
    return usage.isComplete
  }

  private mutating func doubt(_ index: Int, _ why: String, _ tell: (PodWorker.Input) -> Void) {
    if volumes[index].isDoubted { return }
    volumes[index].isDoubted = true
    let volume = volumes[index]
    tell(.notice(.volumeNotMeasured(volume.name, limit: "\(volume.limit)", why)))
  }
}
