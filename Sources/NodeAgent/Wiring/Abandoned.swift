import ArgumentParser
import Cgroups
import CommandLineOptions
import Glibc
import Linux
import NativeRuntime
import StateStore

/// Removes what the pods of dead owners left below a command's run directory, whatever the command is: a crash then
/// costs nothing for longer than until somebody next looks.
///
/// What cannot be removed is told and is no reason to refuse the command. Without the right to look nothing is done.
public func removeAbandonedPods(before command: any ParsableCommand) {
  guard let command = command as? any NodeCommand, geteuid() == 0 else { return }
  let directory = command.global.runDirectory
  do throws(SyscallError) {
    let state = command.global.stateDirectory
    let disconnect = { (pod: String) -> String? in
      do {
        try NodeNetwork.release(pod: pod, stateDirectory: state, runDirectory: directory, notice: tell)
      } catch {
        return "\(error)"
      }
      return nil
    }
    for outcome in try AbandonedPods.remove(runDirectory: directory, disconnect: disconnect) {
      if let problem = outcome.problem { tell("the abandoned pod \(outcome.pod) is not gone: \(problem)") }
    }
    removeUnusedCgroup(state)
  } catch {
    tell("abandoned pods below \(directory) cannot be looked for: \(error)")
  }
}

/// The cgroup of a command that died before it had a pod in it.
private func removeUnusedCgroup(_ state: String) {
  // Without a hierarchy there is nothing in it; under systemd ours is the command's own scope.
  if CgroupHierarchy.isUnderSystemd { return }
  // See above.
  try? CgroupHierarchy.discover(instance: instanceName(stateDirectory: state), underSystemd: false).removeUnused()
}

@Sendable private func tell(_ text: String) {
  // Where nobody listens there is nobody to tell.
  try? writeAll(STDERR_FILENO, Array("swiftlet: \(text)\n".utf8))
}
