import CSeccomp
import Glibc
import Linux
import Networking

/// Looks for programs and starts those of ours once.
enum ProgramProbes {
  /// The findings, and whether the kernel keeps the exit of a process that is gone.
  static func collect(shim: String?) -> (programs: ProgramFindings, pidfdExit: Finding) {
    let folder = ownFolder()
    let shimPath = shim ?? folder + "swiftlet-shim"
    let supervisor = ProgramTrial.run(shimPath)
    let findings = ProgramFindings(
      shim: supervisor.start,
      shimIsStatic: isStatic(shimPath),
      unpacker: ProgramTrial.run(folder + "swiftlet-unpack").start,
      locale: locale(),
      seccompLibrary: seccompLibrary(),
      nft: find(["nft"]),
      forwarding: forwarding(),
      ociRuntimes: find(["crun", "runc"])
    )
    return (findings, supervisor.exitRecord)
  }

  /// Where this program is, with a slash at its end.
  private static func ownFolder() -> String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    let path = String(decoding: buffer.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard let slash = path.lastIndex(of: "/") else { return "" }
    return String(path[...slash])
  }

  private static func isStatic(_ path: String) -> Finding {
    do throws(SyscallError) {
      let file = try openAt(AT_FDCWD, path, O_RDONLY | O_NONBLOCK)
      let head = try readSome(file.raw, capacity: 1 << 16)
      guard let needsLoader = ProgramFile.needsLoader(head) else { return .fails("\(path) is no 64-bit ELF program") }
      return needsLoader ? .fails("\(path) needs a loader") : .works()
    } catch {
      return .fails("\(path): \(errorText(error.errno))")
    }
  }

  private static func locale() -> Finding {
    // An own object: the process's locale stays as it is.
    guard let locale = newlocale(1 << LC_CTYPE, "C.UTF-8", nil) else { return .fails("the C library has none") }
    freelocale(locale)
    return .works()
  }

  private static func seccompLibrary() -> SeccompLibraryVersion {
    guard let version = seccomp_version()?.pointee else { return SeccompLibraryVersion(0, 0, 0) }
    return SeccompLibraryVersion(version.major, version.minor, version.micro)
  }

  /// Chains of others that drop what is forwarded, as firewalls and Docker have them.
  private static func forwarding() -> Finding {
    guard geteuid() == 0 else { return .unknown("only root may list the rules") }
    do throws(NetworkError) {
      let obstacles = try ForwardingObstacle.list(try Nft.find())
      return obstacles.isEmpty ? .works() : .fails(obstacles.map(\.description).joined(separator: "; "))
    } catch {
      return .unknown("\(error)")
    }
  }

  private static func find(_ names: [String]) -> Finding {
    let folders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
    let found = names.compactMap { (name) -> String? in
      folders.map { "\($0)/\(name)" }.first { (path) -> Bool in access(path, X_OK) == 0 }
    }
    return found.isEmpty ? .fails("not found") : .works(found.joined(separator: ", "))
  }
}

/// Starts a program of ours without what it is to work on: each ends with 1 at once, and says so to nobody.
enum ProgramTrial {
  static func run(_ path: String) -> (start: Finding, exitRecord: Finding) {
    do throws(SyscallError) {
      // Descriptors 3 and 4 are where both expect sockets, directories or pipes.
      let pid = try spawnProgram(path, arguments: [path], descriptors: [-1, -1, -1, -1, -1])
      let process = try open(pid)
      let raw = process.raw
      if try !PidFD.waitForEnd(raw, milliseconds: 10_000) {
        try PidFD.signal(raw, SIGKILL)
        _ = try PidFD.waitForEnd(raw, milliseconds: -1)
      }
      guard let status = try PidFD.reap(raw) else { throw SyscallError("waitid", EAGAIN) }
      let start: Finding =
        status == .exited(1) ? .works(path) : .fails("\(path) ended by \(describe(status)) instead of exit code 1")
      return (start, exitRecord(raw, expected: status))
    } catch {
      return (.fails("\(path): \(errorText(error.errno))"), .unknown("no process of ours to try it on"))
    }
  }

  /// A child that cannot be watched does not stay: its number is its own until it is reaped.
  private static func open(_ pid: Int32) throws(SyscallError) -> OwnedFD {
    do throws(SyscallError) { return try PidFD.open(pid) } catch {
      kill(pid, SIGKILL)
      waitpid(pid, nil, 0)
      throw error
    }
  }

  /// Of a process that was reaped.
  private static func exitRecord(_ process: Int32, expected: ExitStatus) -> Finding {
    do throws(SyscallError) {
      let recorded = try PidFD.recordedExit(process)
      return recorded == expected ? .works() : .fails("recorded \(describe(recorded)) for \(describe(expected))")
    } catch {
      return .fails(error.description)
    }
  }

  private static func describe(_ status: ExitStatus) -> String {
    switch status {
    case .exited(let code): "exit code \(code)"
    case .signaled(let signal): "signal \(signal)"
    }
  }
}
