import Cgroups
import Glibc
import Linux
import PodEngine
import PodModel
import StateStore
import Synchronization

/// The claims of this process in the run directory.
final class NodeLedger: PodLedger {
  private let directories: PodDirectories
  private let hierarchy: CgroupHierarchy
  private let retention: Retention
  private let endsWithOwner: Bool
  private let claims = Mutex<[String: PodClaim]>([:])

  init(_ directories: PodDirectories, _ hierarchy: CgroupHierarchy, _ retention: Retention, endsWithOwner: Bool) {
    self.directories = directories
    self.hierarchy = hierarchy
    self.retention = retention
    self.endsWithOwner = endsWithOwner
  }

  func claim(_ pod: Pod) async throws {
    let uid = pod.metadata.uid ?? ""
    do throws(SyscallError) {
      let claim = try PodClaim(try record(pod, uid), runDirectory: directories.run)
      claims.withLock { $0[uid] = claim }
    } catch {
      throw LedgerError(pod: name(pod), uid: uid, directory: directories.run, error: error)
    }
  }

  func release(_ pod: Pod) async throws {
    guard let claim = claims.withLock({ $0.removeValue(forKey: pod.metadata.uid ?? "") }) else { return }
    do throws(SyscallError) { try claim.release() } catch {
      throw SyscallError("give up the claim of the pod \(name(pod)) in \(claim.directory.path)", error.errno)
    }
  }

  private func name(_ pod: Pod) -> String { "\(pod.metadata.namespace)/\(pod.metadata.name)" }

  private func record(_ pod: Pod, _ uid: String) throws(SyscallError) -> PodRecord {
    PodRecord(
      pod: uid,
      name: name(pod),
      bootID: try bootID(),
      cgroup: PodCgroup(hierarchy, pod: uid).path,
      // What is to be kept is not named, so that nobody who cleans up later removes it.
      paths: (retention.keepsLayers ? [] : [directories.layers(pod)])
        + (retention.keepsLogs ? [] : [directories.logs(pod)]),
      endsWithOwner: endsWithOwner,
      graceSeconds: pod.spec.terminationGracePeriodSeconds
    )
  }
}

/// A pod that cannot be claimed.
struct LedgerError: Error, CustomStringConvertible {
  var pod: String
  var uid: String
  var directory: String
  var error: SyscallError

  var description: String {
    if error.errno == EEXIST {
      return
        "the pod \(pod) (\(uid)) has an owner already, another `swiftlet run` or an agent: end it there, or remove "
        + "metadata.uid from the manifest"
    }
    return "the pod \(pod) (\(uid)) cannot be claimed in \(directory): \(error)"
  }
}
