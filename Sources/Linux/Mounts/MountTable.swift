import Glibc

/// One line of `/proc/<pid>/mountinfo` (`proc_pid_mountinfo(5)`).
public struct MountEntry: Hashable, Sendable {
  /// The kernel's number of the mount, as long as it is mounted.
  public let id: Int
  /// Path of the mounted directory inside its filesystem.
  public let root: String
  /// Where it is mounted.
  public let mountPoint: String
  /// Options of the mount.
  public let options: [String]
  /// Whether copies of it in other namespaces learn what is mounted below it (`shared`, `master`; mount_namespaces(7)).
  public let passesOnMounts: Bool
  /// Filesystem type.
  public let type: String
  /// Options of the filesystem.
  public let superOptions: [String]

  /// Reads one line; `nil` for a line that is not in the documented form.
  public init?(line: Substring) {
    let fields = line.split(separator: " ")
    guard fields.count >= 10, let separator = fields.dropFirst(6).firstIndex(of: "-"),
      fields.count >= separator + 4, let id = Int(fields[0])
    else { return nil }
    self.id = id
    root = Self.unescape(fields[3])
    mountPoint = Self.unescape(fields[4])
    options = fields[5].split(separator: ",").map(String.init)
    passesOnMounts = fields[6..<separator].contains { $0.hasPrefix("shared:") || $0.hasPrefix("master:") }
    type = String(fields[separator + 1])
    superOptions = fields[separator + 3].split(separator: ",").map(String.init)
  }

  /// Reads the table of this process.
  public static func ofThisProcess() throws(SyscallError) -> [MountEntry] {
    try readKernelFile(AT_FDCWD, "/proc/self/mountinfo", limit: 64 << 20)
      .split(separator: "\n").compactMap(MountEntry.init(line:))
  }

  /// The mount that an open file or directory is on; nil if it is on none of this namespace's.
  public static func containing(_ descriptor: Int32) throws(SyscallError) -> MountEntry? {
    guard let id = try descriptorFact("mnt_id", of: descriptor) else { return nil }
    return try ofThisProcess().first { $0.id == id }
  }

  /// Blanks, tabs, newlines and backslashes are written as three octal digits.
  static func unescape(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      let digits = rest.prefix(3)
      if byte == 0x5C, digits.count == 3, digits.allSatisfy({ (0x30...0x37).contains($0) }) {
        let value = digits.reduce(0) { $0 * 8 + Int($1 - 0x30) }
        bytes.append(UInt8(truncatingIfNeeded: value))
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
