import Cgroups
import Glibc
import Linux
import StateStore

/// Pods whose owner has gone: whoever starts next finishes what it left.
public enum AbandonedPods {
  /// What became of one.
  public struct Outcome: Hashable, Sendable {
    /// The pod's UID.
    public let pod: String
    /// `nil`: nothing of it is left. Otherwise why something is.
    public let problem: String?
  }

  /// Removes every pod below the run directory that nobody owns and that is not to be adopted. Pods with an owner, and
  /// those whose supervisor is still ending them in an orderly way, are left alone.
  ///
  /// - Parameter disconnect: Takes back the network of a pod that has ended, and says what is in the way; the pod's record
  ///   stays then.
  public static func remove(
    runDirectory: String,
    disconnect: (_ pod: String) -> String? = { _ in nil }
  ) throws(SyscallError) -> [Outcome] {
    let boot = try bootID()
    var outcomes: [Outcome] = []
    for directory in try PodDirectory.all(runDirectory: runDirectory) {
      do throws(SyscallError) {
        guard let claim = try claim(directory, runDirectory) else { continue }
        if let outcome = try remove(claim, boot: boot, disconnect) { outcomes.append(outcome) }
      } catch {
        // Somebody else removed it meanwhile.
        if error.errno == ENOENT { continue }
        outcomes.append(Outcome(pod: directory.pod, problem: problem(error, directory)))
      }
    }
    return outcomes
  }

  private static func problem(_ error: SyscallError, _ directory: PodDirectory) -> String {
    if error.errno != EPROTO { return "\(directory.path): \(error)" }
    let path = directory.path
    return "\(path)/\(PodDirectory.record) is damaged, or another version of swiftlet wrote it: nothing that it names "
      + "was touched; remove \(path) when nothing of the pod runs any more"
  }

  /// The claim of a pod that nobody owns. A directory without a record was left before anything was made for it.
  private static func claim(_ directory: PodDirectory, _ runDirectory: String) throws(SyscallError) -> PodClaim? {
    let guardian = try ClaimLock.take(runDirectory: runDirectory)
    defer { withExtendedLifetime(guardian) {} }
    if let claim = try PodClaim(abandoned: directory) { return claim }
    let opened = try directory.open()
    guard try !PodLock.owner.isHeld(in: opened.raw), try PodRecord.read(from: opened.raw, of: directory.pod) == nil
    else { return nil }
    try directory.remove()
    return nil
  }

  /// Whether the supervisor does nothing, for as long as it is looked at: stopped by a signal or a debugger, or frozen with
  /// its cgroup (cgroups(7)). Whoever only looks on (strace) stops it for moments.
  private static func isStopped(_ cgroup: String) throws(SyscallError) -> Bool {
    for _ in 0..<5 {
      do throws(SyscallError) {
        let members = try readKernelFile(AT_FDCWD, "\(cgroup)/\(PodCgroup.supervisor)/cgroup.procs")
        guard let pid = members.split(separator: "\n").first.flatMap({ Int32($0) }) else { return false }
        let isFrozen = try readKernelFile(AT_FDCWD, "\(cgroup)/cgroup.events").contains("frozen 1")
        let activity = try ProcessStat(of: pid).activity
        if !isFrozen && activity != .stopped { return false }
      } catch {
        // It has just ended, and its cgroup may have gone with it.
        if [ENOENT, ESRCH, ENODEV].contains(error.errno) { return false }
        throw error
      }
      usleep(10_000)
    }
    return true
  }

  private static func remove(
    _ claim: PodClaim,
    boot: String,
    _ disconnect: (String) -> String?
  ) throws(SyscallError) -> Outcome? {
    let record = claim.record
    if record.bootID == boot {
      let opened = try claim.directory.open()
      // A living supervisor of an agent's pod waits for the next agent; one of `swiftlet run` is ending its pod, unless
      // somebody has stopped it: then nobody else is left who would.
      if try PodLock.supervisor.isHeld(in: opened.raw) {
        guard record.endsWithOwner, try isStopped(record.cgroup) else { return nil }
      }
      do throws(CgroupError) { try PodCgroup(path: record.cgroup).destroy() } catch {
        return Outcome(pod: record.pod, problem: "\(error)")
      }
    }
    if let problem = disconnect(record.pod) { return Outcome(pod: record.pod, problem: problem) }
    try claim.release()
    return Outcome(pod: record.pod, problem: nil)
  }
}
