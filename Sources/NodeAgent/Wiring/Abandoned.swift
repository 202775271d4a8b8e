import ArgumentParser
import CommandLineOptions
import Glibc
import Linux
import NativeRuntime

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
  } catch {
    tell("abandoned pods below \(directory) cannot be looked for: \(error)")
  }
}

@Sendable private func tell(_ text: String) {
  // Where nobody listens there is nobody to tell.
  try? writeAll(STDERR_FILENO, Array("swiftlet: \(text)\n".utf8))
}
