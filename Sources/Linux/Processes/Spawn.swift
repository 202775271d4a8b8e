import CLinux
import Glibc

/// Starts a program with exactly the given descriptors (the new program's 0, 1, 2 …; -1 gives `/dev/null`), no signal
/// blocked or ignored, in a session of its own (`posix_spawn(3)`). Safe in a process with threads.
public func spawnProgram(
  _ path: String,
  arguments: [String],
  environment: [String] = [],
  descriptors: [Int32]
) throws(SyscallError) -> Int32 {
  let argv = CStringVector(arguments)
  let envp = CStringVector(environment)
  var pid: pid_t = 0
  let code = lx_spawn(path, argv.pointers, envp.pointers, descriptors, Int32(descriptors.count), &pid)
  if code != 0 { throw SyscallError("posix_spawn", code) }
  return pid
}

/// The same for a program in a sealed memfd, which nobody can write to (CVE-2019-5736), in a cgroup from its first
/// instruction on (`CLONE_INTO_CGROUP`, `clone3(2)`).
public func spawnProgram(
  sealed program: Int32,
  arguments: [String],
  environment: [String] = [],
  descriptors: [Int32],
  cgroup: borrowing OwnedFD
) throws(SyscallError) -> SpawnedProgram {
  let argv = CStringVector(arguments)
  let envp = CStringVector(environment)
  var pid: pid_t = 0
  var pidfd: Int32 = -1
  let code = lx_spawn_into_cgroup(
    cgroup.raw,
    program,
    argv.pointers,
    envp.pointers,
    descriptors,
    Int32(descriptors.count),
    &pid,
    &pidfd
  )
  if code != 0 { throw SyscallError("clone3 and execve", code) }
  return SpawnedProgram(pid: pid, process: OwnedFD(pidfd))
}

/// A child that was just started.
@frozen
public struct SpawnedProgram: ~Copyable, Sendable {
  /// Its process id.
  public let pid: Int32
  /// Its pidfd.
  public let process: OwnedFD
}

/// A NULL-terminated vector of C strings, as `execve(2)` takes it, freed with its owner.
public struct CStringVector: ~Copyable {
  /// The vector.
  public let pointers: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
  private let count: Int

  /// Copies the strings. A string with a NUL inside ends there: callers refuse such strings before.
  public init(_ strings: [String]) {
    count = strings.count
    pointers = .allocate(capacity: strings.count + 1)
    for (index, string) in strings.enumerated() { pointers[index] = strdup(string) }
    pointers[count] = nil
  }

  deinit {
    for index in 0..<count { free(pointers[index]) }
    pointers.deallocate()
  }
}
