import Linux

/// What cannot be done with control groups on this machine.
public enum CgroupError: Error, Hashable, Sendable, CustomStringConvertible {
  /// No cgroup v2 hierarchy is mounted.
  case noUnifiedHierarchy
  /// A controller that a limit needs is not available where our cgroups are.
  case controllerMissing(String)
  /// A system call failed on a file of a cgroup.
  case failed(path: String, SyscallError)
  /// A program for device control was refused by the kernel.
  case deviceProgram(SyscallError)
  /// A cgroup keeps processes that cannot be ended.
  case busy(path: String)

  /// One sentence for a person.
  public var description: String {
    switch self {
    case .noUnifiedHierarchy:
      "no cgroup v2 hierarchy is mounted; mount one with: mount -t cgroup2 none /sys/fs/cgroup"
    case .controllerMissing(let name):
      "the \(name) controller is not available to cgroup v2 here (it is bound to cgroup v1, or not delegated)"
    case .failed(let path, let error): "cgroup \(path): \(error)"
    case .deviceProgram(let error): "the kernel refused the device control program: \(error)"
    case .busy(let path): "cgroup \(path) still has processes after SIGKILL"
    }
  }
}
