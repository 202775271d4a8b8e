import Glibc
import LaunchPlan
import Privileges
import RuntimeAPI

/// Turns a process of a specification into numbers and masks.
enum ProcessPlanning {
  /// Reads a process. Throws for whatever has no number here.
  static func step(
    _ process: RuntimeSpecification.Process,
    keyring: String,
    filterFlags: UInt32
  ) throws(RuntimeError) -> ProcessStep {
    guard let program = process.args.first, !program.isEmpty else {
      throw .invalid(path: "process.args", reason: "a program was expected")
    }
    guard process.cwd.hasPrefix("/") else {
      throw .invalid(path: "process.cwd", reason: "an absolute path was expected")
    }
    for text in process.args + process.env + [process.cwd] where text.utf8.contains(0) {
      throw .invalid(path: "process", reason: "a string with a NUL byte cannot reach a program")
    }
    return ProcessStep(
      arguments: process.args,
      environment: process.env,
      workingDirectory: process.cwd,
      uid: process.user.uid,
      gid: process.user.gid,
      groups: process.user.additionalGids,
      umask: process.user.umask ?? 0o022,
      capabilities: try capabilities(process.capabilities),
      noNewPrivileges: process.noNewPrivileges,
      limits: try limits(process.rlimits),
      oomScoreAdj: process.oomScoreAdj.map(Int32.init(clamping:)),
      terminal: process.terminal,
      keyring: keyring,
      filterFlags: filterFlags
    )
  }

  /// The same container's other process: its own program and user, the container's privileges.
  static func step(
    exec process: RuntimeSpecification.Process,
    in container: ProcessStep
  ) throws(RuntimeError) -> ProcessStep {
    var step = try Self.step(process, keyring: container.keyring, filterFlags: container.filterFlags)
    step.noNewPrivileges = container.noNewPrivileges || process.noNewPrivileges
    step.limits = container.limits
    step.oomScoreAdj = container.oomScoreAdj
    step.umask = process.user.umask ?? container.umask
    step.capabilities = container.capabilities
    if step.uid != container.uid {
      // What setuid(2) and execve(2) leave of the bounding set (capabilities(7)).
      let held = step.uid == 0 ? container.capabilities.bounding : container.capabilities.ambient
      step.capabilities.permitted = held
      step.capabilities.effective = held
    }
    return step
  }

  private static func capabilities(
    _ names: RuntimeSpecification.Capabilities
  ) throws(RuntimeError) -> CapabilityMasks {
    func mask(_ names: [String], _ field: String) throws(RuntimeError) -> UInt64 {
      let path = "process.capabilities." + field
      do throws(PrivilegesError) {
        return try CapabilitySet(specificationNames: names, field: path).rawValue
      } catch {
        throw .invalid(path: path, reason: "\(error)")
      }
    }
    return CapabilityMasks(
      bounding: try mask(names.bounding, "bounding"),
      effective: try mask(names.effective, "effective"),
      permitted: try mask(names.permitted, "permitted"),
      inheritable: try mask(names.inheritable, "inheritable"),
      ambient: try mask(names.ambient, "ambient")
    )
  }

  private static func limits(_ limits: [RuntimeSpecification.ResourceLimit]) throws(RuntimeError) -> [LimitStep] {
    var steps: [LimitStep] = []
    for (index, limit) in limits.enumerated() {
      guard let resource = resources[limit.type] else {
        throw .invalid(path: "process.rlimits[\(index)].type", reason: "\(limit.type) is no resource of setrlimit(2)")
      }
      steps.append(LimitStep(resource: resource, soft: limit.soft, hard: limit.hard))
    }
    return steps
  }

  /// Numbers of `<asm-generic/resource.h>`, the same on x86_64 and aarch64.
  private static let resources: [String: Int32] = [
    "RLIMIT_CPU": 0, "RLIMIT_FSIZE": 1, "RLIMIT_DATA": 2, "RLIMIT_STACK": 3, "RLIMIT_CORE": 4, "RLIMIT_RSS": 5,
    "RLIMIT_NPROC": 6, "RLIMIT_NOFILE": 7, "RLIMIT_MEMLOCK": 8, "RLIMIT_AS": 9, "RLIMIT_LOCKS": 10,
    "RLIMIT_SIGPENDING": 11, "RLIMIT_MSGQUEUE": 12, "RLIMIT_NICE": 13, "RLIMIT_RTPRIO": 14, "RLIMIT_RTTIME": 15,
  ]
}
