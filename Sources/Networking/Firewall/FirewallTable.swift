import Glibc
import JSONText
import Linux

/// The table of an instance in the kernel, and the record that says which one it is.
struct FirewallTable: Sendable {
  /// Directory of the record.
  let path: String
  /// The boot that the record must be of.
  let boot: String

  /// What the kernel says about a table: its number, which no other table of this boot gets, and how many chains and sets
  /// it has.
  struct Identity: Hashable {
    let handle: UInt64
    let uses: UInt32
  }

  private static let record = "table.json"

  /// Asks the kernel; `nil` if there is no such table. Costs one system call each way and no process.
  static func identity(_ name: String, _ socket: inout NetlinkSocket) throws(NetlinkError) -> Identity? {
    // NFNL_SUBSYS_NFTABLES and NFT_MSG_GETTABLE; struct nfgenmsg with NFPROTO_INET. Numbers are in network byte order.
    var request = NetlinkMessage("look for the table \(name)", type: 10 << 8 | 1, flags: 0, header: [1, 0, 0, 0])
    // NFTA_TABLE_NAME
    try request.attribute(1, text: name)
    do throws(NetlinkError) {
      for reply in try socket.transact([request]) {
        let attributes = try reply.attributes(after: 4)
        // NFTA_TABLE_HANDLE and NFTA_TABLE_USE
        guard let handle: UInt64 = attributes.number(4), let uses: UInt32 = attributes.number(3) else { continue }
        return Identity(handle: UInt64(bigEndian: handle), uses: UInt32(bigEndian: uses))
      }
      return nil
    } catch {
      if error.errno == ENOENT { return nil }
      throw error
    }
  }

  /// Writes it whole unless it is right already; which one it is. The caller holds the lock.
  func ensure(_ document: FirewallDocument, _ socket: inout NetlinkSocket) throws(NetworkError) -> Identity {
    let present = try identity(document, &socket)
    if let present, recorded(document) == present { return present }
    try Nft.find().apply(document.commands(replacing: present != nil))
    guard let written = try identity(document, &socket) else {
      throw .firewallRefused("the table \(document.instance) is not there after it was written")
    }
    try record(document, written)
    return written
  }

  /// Asks the kernel.
  func identity(_ document: FirewallDocument, _ socket: inout NetlinkSocket) throws(NetworkError) -> Identity? {
    try netlink { () throws(NetlinkError) in try Self.identity(document.instance, &socket) }
  }

  private func record(_ document: FirewallDocument, _ written: Identity) throws(NetworkError) {
    let value = JSONValue.object([
      JSONMember("version", .integer(1)), JSONMember("bootID", .string(boot)),
      JSONMember("recipe", .string(document.recipe)), JSONMember("handle", .integer(Int64(bitPattern: written.handle))),
      JSONMember("uses", .integer(Int64(written.uses))),
    ])
    try about(path) { () throws(SyscallError) in
      let directory = try openDirectory(AT_FDCWD, path)
      try replaceFile(in: directory.raw, named: Self.record, with: value.serialized(), durability: .untilReboot)
    }
  }

  /// Removes it.
  func remove(_ document: FirewallDocument, _ socket: inout NetlinkSocket) throws(NetworkError) {
    if try identity(document, &socket) != nil {
      try Nft.find().apply(document.removal)
    }
    unlink("\(path)/\(Self.record)")
  }

  /// `nil` for a record that is not there, damaged, of another boot or of other rules: the table is written again.
  private func recorded(_ document: FirewallDocument) -> Identity? {
    // Whatever is wrong with it, the answer is the same.
    guard let bytes = try? readRegularFile(AT_FDCWD, "\(path)/\(Self.record)", limit: 1 << 16),
      let value = try? JSONValue(parsing: bytes), value["bootID"]?.string == boot,
      value["recipe"]?.string == document.recipe, let handle = value["handle"]?.integer,
      let uses = value["uses"]?.integer.flatMap({ UInt32(exactly: $0) })
    else { return nil }
    return Identity(handle: UInt64(bitPattern: handle), uses: uses)
  }
}
