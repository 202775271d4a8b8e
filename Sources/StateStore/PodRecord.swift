import Glibc
import JSONText
import Linux

/// Names every object of a pod on this machine before it exists, so that a process which remembers nothing can remove
/// all of it. It lies in the run directory and carries the boot id: what it names does not outlive a reboot, except the
/// paths, which do.
public struct PodRecord: Hashable, Sendable {
  /// Version of this form; a record of a newer one is left alone and reported.
  public static let version = 2

  /// The pod's UID.
  public var pod: String
  /// Its namespace and name, for messages.
  public var name: String
  /// The boot during which it was written.
  public var bootID: String
  /// Absolute path of its cgroup.
  public var cgroup: String
  /// Directories and files that go with the pod: writable layers, and logs unless they are kept.
  public var paths: [String]
  /// What happens without its owner: `true` for a pod of `swiftlet run`, which ends.
  public var endsWithOwner: Bool
  /// Seconds that its containers get to end.
  public var graceSeconds: Int

  /// Makes a record.
  public init(
    pod: String,
    name: String,
    bootID: String,
    cgroup: String,
    paths: [String],
    endsWithOwner: Bool,
    graceSeconds: Int
  ) {
    self.pod = pod
    self.name = name
    self.bootID = bootID
    self.cgroup = cgroup
    self.paths = paths
    self.endsWithOwner = endsWithOwner
    self.graceSeconds = graceSeconds
  }

  /// Writes it as a whole.
  public func write(to directory: Int32) throws(SyscallError) {
    let value = JSONValue.object([
      JSONMember("version", .integer(Int64(Self.version))), JSONMember("pod", .string(pod)),
      JSONMember("name", .string(name)), JSONMember("bootID", .string(bootID)),
      JSONMember("cgroup", .string(cgroup)), JSONMember("paths", .array(paths.map { .string($0) })),
      JSONMember("endsWithOwner", .bool(endsWithOwner)), JSONMember("graceSeconds", .integer(Int64(graceSeconds))),
    ])
    let record = SealedRecord.seal(value.serialized(), as: Self.purpose(pod))
    try replaceFile(in: directory, named: PodDirectory.record, with: record, durability: .untilReboot)
  }

  private static func purpose(_ pod: String) -> String { "record of pod \(pod)" }

  /// Reads the one of a pod. `nil` if there is none yet; EPROTO for one that cannot be understood, is damaged, or is
  /// another pod's: what it names must not be touched.
  public static func read(from directory: Int32, of pod: String) throws(SyscallError) -> PodRecord? {
    let bytes: [UInt8]
    do throws(SyscallError) {
      let record = try readRegularFile(directory, PodDirectory.record, limit: 1 << 20)
      bytes = try SealedRecord.open(record, as: purpose(pod))
    } catch {
      if error.errno == ENOENT { return nil }
      if error.errno == EBADMSG || error.errno == EFBIG { throw SyscallError("read the pod's record", EPROTO) }
      throw error
    }
    // Whatever is wrong with it, the answer is the same: it cannot be understood.
    guard let value = try? JSONValue(parsing: bytes), value["version"]?.integer == Int64(version),
      value["pod"]?.string == pod, let name = value["name"]?.string, let bootID = value["bootID"]?.string,
      let cgroup = value["cgroup"]?.string, let paths = value["paths"]?.array?.map(\.string),
      !paths.contains(nil),
      let endsWithOwner = value["endsWithOwner"]?.bool,
      let grace = value["graceSeconds"]?.integer.flatMap({ Int(exactly: $0) })
    else { throw SyscallError("read the pod's record", EPROTO) }
    return PodRecord(
      pod: pod,
      name: name,
      bootID: bootID,
      cgroup: cgroup,
      paths: paths.compactMap(\.self),
      endsWithOwner: endsWithOwner,
      graceSeconds: grace
    )
  }
}
