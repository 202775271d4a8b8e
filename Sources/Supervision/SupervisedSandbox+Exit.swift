import Cgroups
import Glibc
import LaunchPlan
import Linux
import RuntimeAPI
import ShimClient
import StateStore
import Synchronization

extension SupervisedSandbox {
  /// Waits for a container's end; afterwards its cgroup is empty and its record on disk.
  public func wait(for id: ContainerID) async throws(RuntimeError) -> ContainerExit {
    guard let container = containers.withLock({ $0[id] }) else { throw .notFound("\(id)") }
    if let exit = container.exit { return exit }
    let exit: ContainerExit
    if let end = await connection.end(of: id.localName) {
      exit = ContainerExit(end)
    } else if !connection.isClosed {
      // It was deleted, or could not be started.
      throw .notFound("\(id)")
    } else {
      exit = try await exitWithoutSupervisor(id, container)
    }
    containers.withLock { $0[id]?.exit = exit }
    return exit
  }

  /// The supervisor has died. Its containers die with it by their death signal; the cgroup makes sure of whatever has
  /// none. The true exit is in the record, or in the kernel where it keeps it (Linux 6.15); otherwise nobody knows it.
  private func exitWithoutSupervisor(_ id: ContainerID, _ container: Container) async throws(RuntimeError)
    -> ContainerExit
  {
    if let end = recordedEnd(id.localName) { return ContainerExit(end) }
    try Failures.cgroup("end what the supervisor left") { () throws(CgroupError) in
      try PodCgroup(path: "\(cgroup.path)/\(id.localName)").destroy()
    }
    var outcome = ContainerExit.Outcome.unknown
    if let process = container.process?.raw {
      // It has ended; who reaps it, and when, is up to its new parent.
      for _ in 0..<20 {
        // Before it is reaped, and on kernels that keep nothing, there is no answer.
        if let status = try? PidFD.recordedExit(process) {
          // SIGKILL is what the death of the supervisor itself brings about: it says nothing about the container.
          if case .exited(let code) = status { outcome = .exited(code: code) }
          if case .signaled(let signal) = status, signal != SIGKILL { outcome = .signaled(signal) }
          break
        }
        // Interrupted only if the caller is being cancelled: then there is no time to wait.
        try? await Task.sleep(nanoseconds: 10_000_000)
      }
    }
    return ContainerExit(outcome: outcome, startedAt: container.startedAt, finishedAt: .now())
  }

  private func recordedEnd(_ name: String) -> ProcessEnd? {
    // No record, or one that cannot be read, is the same: nothing is known.
    guard let record = try? readRegularFile(AT_FDCWD, "\(directory.path)/\(PodDirectory.exits)/\(name)", limit: 4096),
      // As above.
      let bytes = try? SealedRecord.open(record, as: ProcessEnd.recordPurpose(name))
    else { return nil }
    // As above.
    return try? ProcessEnd(parsing: bytes)
  }
}
