import Glibc
import Linux
import Privileges
import RuntimeAPI

extension HostFacts {
  /// Asks this machine.
  ///
  /// - Throws: ``HostFactsError`` naming what could not be read.
  public static func current() throws(HostFactsError) -> HostFacts {
    let capabilities: CapabilityHost
    do throws(PrivilegesError) { capabilities = try .current() } catch { throw HostFactsError(error.description) }
    let mayRaiseLimits = capabilities.held.contains(named: "SYS_RESOURCE")
    let release = try uname(\.release)
    guard let kernel = KernelVersion(release) else {
      throw HostFactsError("the kernel's version \(release) cannot be understood")
    }
    return HostFacts(
      hostname: try uname(\.nodename),
      addresses: HostAddresses.current(),
      capabilities: capabilities,
      kernel: kernel,
      processors: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))),
      memoryCapacity: try memory(),
      throttlePaths: try throttlePaths(),
      maximumOpenFiles: try maximumOpenFiles(mayRaiseLimits),
      leastOOMScoreAdj: try leastOOMScoreAdj(mayRaiseLimits),
      devices: try HostDevices.all()
    )
  }

  private static func uname<Field>(_ field: KeyPath<utsname, Field>) throws(HostFactsError) -> String {
    var names = utsname()
    guard Glibc.uname(&names) == 0 else { throw HostFactsError("uname: \(errorText(errno))") }
    return withUnsafeBytes(of: names[keyPath: field]) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  private static func memory() throws(HostFactsError) -> Int64 {
    for line in try text("/proc/meminfo").split(separator: "\n") where line.hasPrefix("MemTotal:") {
      let words = line.split(separator: " ")
      if words.count > 1, let kibibytes = Int64(words[1]), kibibytes < Int64.max >> 10 { return kibibytes << 10 }
    }
    throw HostFactsError("/proc/meminfo does not tell MemTotal")
  }

  /// Of the possible processors, since one that is offline now may come back while the container runs.
  private static func throttlePaths() throws(HostFactsError) -> [String] {
    let possible = try text("/sys/devices/system/cpu/possible")
    return ProcessorList.numbers(possible).map { "/sys/devices/system/cpu/cpu\($0)/thermal_throttle" }
      .filter { access($0, F_OK) == 0 }
  }

  private static func maximumOpenFiles(_ mayRaise: Bool) throws(HostFactsError) -> UInt64 {
    if mayRaise, let most = UInt64(try text("/proc/sys/fs/nr_open")) { return most }
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
      throw HostFactsError("getrlimit(RLIMIT_NOFILE): \(errorText(errno))")
    }
    return UInt64(limit.rlim_max)
  }

  /// Without CAP_SYS_RESOURCE nothing below the least value that was set before (proc_pid_oom_score_adj(5)); the
  /// present one is surely allowed.
  private static func leastOOMScoreAdj(_ mayLower: Bool) throws(HostFactsError) -> Int {
    if mayLower { return -1000 }
    return Int(try text("/proc/self/oom_score_adj")) ?? 0
  }

  private static func text(_ path: String) throws(HostFactsError) -> String {
    do throws(SyscallError) { return try readKernelFile(AT_FDCWD, path) } catch {
      throw HostFactsError("\(path): \(error)")
    }
  }
}

/// Something about this machine that could not be found out.
public struct HostFactsError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One sentence for a person.
  public let description: String

  init(_ description: String) { self.description = description }
}

/// Lists of processors as the kernel writes them: `0-3,8`.
enum ProcessorList {
  /// Linux has no more processors than this (NR_CPUS of the largest configurations).
  private static let most = 8192

  static func numbers(_ text: String) -> [Int] {
    text.split(separator: ",").flatMap { part -> [Int] in
      let ends = part.split(separator: "-").compactMap { Int($0) }
      guard let first = ends.first, let last = ends.last, first >= 0, first <= last, last < most else { return [] }
      return Array(first...last)
    }
  }
}
