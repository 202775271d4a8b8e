import CLinux
import Glibc
import Linux

extension Dump {
  /// An open descriptor.
  struct Descriptor {
    var number: Int32
    var target: String
  }

  static func entryNames(_ path: String) throws(SyscallError) -> [String] {
    let directory = try openDirectory(AT_FDCWD, path)
    return try entries(of: directory.raw)
  }

  static func linkTarget(_ path: String) -> String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let length = readlink(path, &buffer, buffer.count)
    guard length >= 0 else { return "errno \(errno)" }
    return String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// What is open, found by asking for every number instead of listing `/proc/self/fd`, which needs one of its own and
  /// could be masked.
  static func descriptors() throws -> [Descriptor] {
    var (soft, hard): (UInt64, UInt64) = (0, 0)
    let known = lx_getrlimit(7, &soft, &hard) == 0
    return (0..<Int32(min(known ? soft : 4096, 65_536))).compactMap { number in
      guard lx_fcntl_int(number, F_GETFD, 0) >= 0 else { return nil }
      return Descriptor(number: number, target: linkTarget("/proc/self/fd/\(number)"))
    }
  }

  static func openFiles() throws -> JSONText {
    .list(
      try descriptors().map { open in
        var status = stat()
        let known = fstat(open.number, &status) == 0
        let flags = lx_fcntl_int(open.number, F_GETFL, 0)
        return .object([
          ("fd", .number(Int(open.number))), ("target", .text(open.target)),
          ("type", .text(known ? type(status.st_mode) : "unknown")), ("flags", .text(String(max(flags, 0), radix: 8))),
        ])
      }
    )
  }

  /// Mode, kind, owner and device number of everything below a directory, in the order of the names.
  static func devices(below path: String, depth: Int = 0) throws -> JSONText {
    .list(try nodes(path, depth))
  }

  private static func nodes(_ path: String, _ depth: Int) throws -> [JSONText] {
    var result: [JSONText] = []
    guard depth < 4 else { return result }
    for name in try entryNames(path) {
      let full = path + "/" + name
      var status = stat()
      guard lstat(full, &status) == 0 else {
        result.append(.object([("path", .text(full)), ("error", .text("errno \(errno)"))]))
        continue
      }
      var members: [(String, JSONText)] = [
        ("path", .text(full)), ("type", .text(type(status.st_mode))),
        ("mode", .text(String(status.st_mode & 0o7777, radix: 8))),
        ("owner", .text("\(status.st_uid):\(status.st_gid)")),
      ]
      switch status.st_mode & S_IFMT {
      case S_IFCHR, S_IFBLK: members.append(("device", .text(deviceNumber(UInt64(status.st_rdev)))))
      case S_IFLNK: members.append(("target", .text(linkTarget(full))))
      default: break
      }
      result.append(.object(members))
      if status.st_mode & S_IFMT == S_IFDIR { result += try nodes(full, depth + 1) }
    }
    return result
  }

  /// `major:minor` (`gnu_dev_major`, makedev(3)).
  static func deviceNumber(_ number: UInt64) -> String {
    let major = ((number >> 8) & 0xfff) | ((number >> 32) & 0xffff_f000)
    let minor = (number & 0xff) | ((number >> 12) & 0xffff_ff00)
    return "\(major):\(minor)"
  }

  private static func type(_ mode: mode_t) -> String {
    switch mode & S_IFMT {
    case S_IFCHR: "c"
    case S_IFBLK: "b"
    case S_IFDIR: "d"
    case S_IFLNK: "l"
    case S_IFREG: "f"
    case S_IFIFO: "p"
    case S_IFSOCK: "s"
    default: "?"
    }
  }
}
