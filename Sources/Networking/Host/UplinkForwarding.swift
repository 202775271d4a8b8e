import Glibc
import JSONText
import Linux

/// The one setting of the host outside our own objects: `net.ipv4.conf.<uplink>.forwarding`, without which answers from
/// outside do not reach the pods (`net.ipv4.ip_forward` stays as it is). An interface that did not forward before has a
/// record here, written before the change, with the instances that need it; the last one to go puts it back.
///
/// The directory is the machine's, not an instance's: two agents on one machine share the uplink. The kernel forgets the
/// setting at a reboot, so records carry the boot and need no sync.
struct UplinkForwarding: Sendable {
  /// The directory of the records.
  let path: String
  /// The boot that records must be of.
  let boot: String

  /// The interfaces that forward because of us.
  func opened() throws(SyscallError) -> [String] {
    guard let directory = try openIfThere() else { return [] }
    var names: [String] = []
    for name in try entries(of: directory.raw) where name.hasPrefix(Self.prefix) {
      if try users(directory.raw, name) != nil { names.append(String(name.dropFirst(Self.prefix.count))) }
    }
    return names
  }

  /// Turns forwarding on for an instance, at each interface that has it off or is on because of us.
  func open(_ interfaces: [String], for instance: String) throws(SyscallError) {
    if interfaces.isEmpty { return }
    try ensureDirectories(path)
    let directory = try openDirectory(AT_FDCWD, path)
    let lock = try take(directory.raw)
    defer { withExtendedLifetime(lock) {} }
    for interface in interfaces {
      let name = Self.prefix + interface
      guard let forwards = try InterfaceSettings.forwards(interface) else { continue }
      let known = try users(directory.raw, name)
      if known == nil && forwards { continue }
      let users = Set(known ?? []).union([instance])
      if known?.contains(instance) != true { try write(directory.raw, name, users: users.sorted()) }
      if !forwards { try InterfaceSettings.setForwarding(interface, true) }
    }
  }

  /// Says that an instance needs none of it any more, and puts back what nobody needs.
  ///
  /// An instance whose bridge is gone needs nothing, whatever its records say.
  func close(for instance: String) throws(SyscallError) {
    guard let directory = try openIfThere() else { return }
    let lock = try take(directory.raw)
    defer { withExtendedLifetime(lock) {} }
    for name in try entries(of: directory.raw) where name.hasPrefix(Self.prefix) {
      let known = try users(directory.raw, name)
      let rest = (known ?? []).filter { $0 != instance && InterfaceSettings.exists($0) }
      if !rest.isEmpty {
        try write(directory.raw, name, users: rest)
        continue
      }
      // Where somebody made the whole host a router meanwhile, it is no longer ours to turn off.
      if known != nil, try !InterfaceSettings.isRouter {
        try InterfaceSettings.setForwarding(String(name.dropFirst(Self.prefix.count)), false)
      }
      try removeTree(directory.raw, name)
    }
  }

  private static let prefix = "forwarding-"

  private func openIfThere() throws(SyscallError) -> OwnedFD? {
    do throws(SyscallError) { return try openDirectory(AT_FDCWD, path) } catch {
      if error.errno == ENOENT { return nil }
      throw error
    }
  }

  private func take(_ directory: Int32) throws(SyscallError) -> OwnedFD {
    let file = try openAt(directory, "lock", O_RDWR | O_CREAT | O_NOFOLLOW)
    try FileLock.lock(file.raw, .exclusive)
    return file
  }

  /// The instances of a record; `nil` where there is none of this boot. One that is damaged was written by us for something:
  /// nobody in particular needs it.
  private func users(_ directory: Int32, _ name: String) throws(SyscallError) -> [String]? {
    let bytes: [UInt8]
    do throws(SyscallError) { bytes = try readRegularFile(directory, name, limit: 1 << 16) } catch {
      if error.errno == ENOENT { return nil }
      throw error
    }
    // Whatever is wrong with it, the answer is the same.
    guard let value = try? JSONValue(parsing: bytes), let boot = value["bootID"]?.string else { return [] }
    return boot == self.boot ? value["instances"]?.array?.compactMap(\.string) ?? [] : nil
  }

  private func write(_ directory: Int32, _ name: String, users: [String]) throws(SyscallError) {
    let value = JSONValue.object([
      JSONMember("version", .integer(1)), JSONMember("bootID", .string(boot)),
      JSONMember("instances", .array(users.map { .string($0) })),
    ])
    try replaceFile(in: directory, named: name, with: value.serialized(), durability: .untilReboot)
  }
}
