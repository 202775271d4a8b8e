import Cgroups
import Glibc
import LaunchPlan
import RuntimeAPI
import ShimClient
import Supervision
import Synchronization

/// One sandbox and how its containers were launched, which `exec` repeats.
final class NativeSandbox: Sendable {
  struct Launched: Sendable {
    var step: ProcessStep
    var filter: [UInt8]?
  }

  let base: SupervisedSandbox
  let programs: DevicePrograms
  let launched = Mutex<[ContainerID: Launched]>([:])
  private let sessions = Atomic<Int>(0)

  init(_ base: SupervisedSandbox, _ programs: DevicePrograms) {
    self.base = base
    self.programs = programs
  }

  /// The next exec session's name, unique over restarts of the agent.
  func nextSession() -> String { "s\(getpid())-\(sessions.wrappingAdd(1, ordering: .relaxed).newValue)" }
}
