import CLinux
import CPayload
import Glibc
import Linux

/// The probe of BOX-01: what a process sees of its sandbox, for comparison with a reviewed file.
enum Dump {
  static func run() throws {
    let value = JSONText.object([
      ("identity", identity()),
      ("status", status()),
      ("mountinfo", lines("/proc/self/mountinfo")),
      ("devices", try devices(below: "/dev")),
      ("rlimits", limits()),
      ("limits", lines("/proc/self/limits")),
      ("cgroup", lines("/proc/self/cgroup")),
      ("namespaces", namespaces()),
      ("umask", .text(currentMask())),
      ("cwd", .text(workingDirectory())),
      ("environment", .lines(environment())),
      ("descriptors", try openFiles()),
      ("oomScoreAdj", file("/proc/self/oom_score_adj")),
      ("attrCurrent", file("/proc/self/attr/current")),
      ("keyring", .text(sessionKeyring())),
      ("securebits", attribute(27)),
      ("dumpable", attribute(3)),
      ("noNewPrivileges", attribute(39)),
      ("childSubreaper", .text(attributeThroughPointer(37))),
      ("parentDeathSignal", .text(attributeThroughPointer(2))),
      ("personality", file("/proc/self/personality")),
      ("hostname", file("/proc/sys/kernel/hostname")),
      ("domainname", file("/proc/sys/kernel/domainname")),
      ("root", .lines(names("/"))),
      ("sysctls", sysctls()),
      ("arguments", .lines(CommandLine.arguments)),
    ])
    try Output.line(value.serialized)
  }

  /// The names in a directory, or one that says how listing it failed.
  private static func names(_ path: String) -> [String] {
    do throws(SyscallError) { return try entryNames(path) } catch { return ["errno \(error.errno)"] }
  }

  /// A file's text, or how reading it failed.
  private static func read(_ path: String) -> (text: String, failed: Bool) {
    do throws(SyscallError) {
      return (try readKernelFile(AT_FDCWD, path, limit: 4 << 20), false)
    } catch {
      return ("errno \(error.errno)", true)
    }
  }

  private static func file(_ path: String) -> JSONText {
    let text = read(path).text
    // Security modules end their label with a NUL.
    return .text(String(decoding: text.utf8.prefix { $0 != 0 && $0 != 0x0a }, as: UTF8.self))
  }

  private static func lines(_ path: String) -> JSONText {
    .lines(read(path).text.split(separator: "\n").map(String.init))
  }

  /// The lines of `/proc/self/status` that say something about the sandbox.
  private static func status() -> JSONText {
    let wanted: Set<String> = [
      "Umask", "Uid", "Gid", "Groups", "NStgid", "NSpid", "NSpgid", "NSsid", "CapInh", "CapPrm", "CapEff", "CapBnd",
      "CapAmb", "NoNewPrivs", "Seccomp", "Seccomp_filters", "Speculation_Store_Bypass", "Speculation_Indirect_Branch",
      "SigQ", "SigPnd", "ShdPnd", "SigBlk", "SigIgn", "SigCgt", "Threads", "TracerPid", "THP_enabled",
      "Cpus_allowed_list", "Mems_allowed_list",
    ]
    var members: [(String, JSONText)] = []
    for line in read("/proc/self/status").text.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, wanted.contains(String(parts[0])) else { continue }
      let words = parts[1].split { $0 == " " || $0 == "\t" }
      members.append((String(parts[0]), .text(words.joined(separator: " "))))
    }
    return .object(members)
  }

  private static func identity() -> JSONText {
    .object([
      ("pid", .number(Int(getpid()))), ("ppid", .number(Int(getppid()))), ("session", .number(Int(getsid(0)))),
      ("group", .number(Int(getpgrp()))), ("terminal", .number(Int(isatty(0)))),
    ])
  }

  private static func limits() -> JSONText {
    let names = [
      "CPU", "FSIZE", "DATA", "STACK", "CORE", "RSS", "NPROC", "NOFILE", "MEMLOCK", "AS", "LOCKS", "SIGPENDING",
      "MSGQUEUE", "NICE", "RTPRIO", "RTTIME",
    ]
    return .object(
      names.enumerated().map { number, name in
        var (soft, hard): (UInt64, UInt64) = (0, 0)
        let failed = lx_getrlimit(Int32(number), &soft, &hard) < 0
        func text(_ limit: UInt64) -> JSONText { .text(limit == .max ? "unlimited" : String(limit)) }
        return (name, failed ? .text("failed") : .list([text(soft), text(hard)]))
      }
    )
  }

  private static func namespaces() -> JSONText {
    .object(
      names("/proc/self/ns").map { ($0, .text(linkTarget("/proc/self/ns/" + $0))) }
    )
  }

  private static func sysctls() -> JSONText {
    .object(
      [
        "net/ipv4/ip_unprivileged_port_start", "net/ipv4/ping_group_range", "kernel/ns_last_pid", "kernel/shmmax",
        "fs/mqueue/msg_max", "user/max_user_namespaces",
      ].map { ($0, file("/proc/sys/" + $0)) }
    )
  }

  private static func environment() -> [String] {
    var names: [String] = []
    var next = environ
    while let entry = next.pointee {
      names.append(String(cString: entry))
      next += 1
    }
    return names
  }

  private static func currentMask() -> String {
    let mask = umask(0)
    umask(mask)
    return String(mask, radix: 8)
  }

  private static func workingDirectory() -> String {
    var buffer = [CChar](repeating: 0, count: 4096)
    guard getcwd(&buffer, buffer.count) != nil else { return "errno \(errno)" }
    return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// KEYCTL_GET_KEYRING_ID and KEYCTL_DESCRIBE of the session keyring (keyctl(2)).
  private static func sessionKeyring() -> String {
    let sessionKeyring = -3
    let id = pl_keyctl(0, sessionKeyring, 0, 0, 0)
    if id < 0 { return "errno \(errno)" }
    var buffer = [UInt8](repeating: 0, count: 512)
    let length = buffer.withUnsafeMutableBytes { pl_keyctl(6, id, Int(bitPattern: $0.baseAddress), 512, 0) }
    if length < 0 { return "errno \(errno)" }
    return String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
  }

  private static func attribute(_ option: Int32) -> JSONText {
    let value = lx_prctl(option, 0, 0, 0, 0)
    return .text(value < 0 ? "errno \(errno)" : String(value))
  }

  /// Attributes that prctl(2) stores through a pointer.
  private static func attributeThroughPointer(_ option: Int32) -> String {
    var value: Int32 = 0
    let result = withUnsafeMutablePointer(to: &value) { lx_prctl(option, UInt(bitPattern: $0), 0, 0, 0) }
    return result < 0 ? "errno \(errno)" : String(value)
  }
}
