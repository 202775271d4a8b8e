import Glibc
import Linux

/// Which pod has which address, in files that every process of this state directory shares.
///
/// An allocation is a symbolic link with two names, `pods/<uid>` and `addresses/<address>`, that leads to
/// `<address>/<uid>`, which need not exist: it is read, never followed. A link appears whole or not at all and only where
/// there is none, so that a crash at any instruction leaves nothing half written and two processes never get the same
/// address; and both questions are answered without reading a list.
///
/// The links are in the run directory, in memory: on a disk each costs a tenth of a millisecond, and more the more files
/// were deleted lately (ext4 gives no inode out again for minutes, and searches past each). An address that must outlive a
/// reboot has a third link on disk; the first process after a boot takes those over.
struct AddressLedger: Sendable {
  /// The directory of the links of this boot.
  let path: String
  private let pods: SharedFD
  private let addresses: SharedFD
  private let durable: SharedFD

  /// Opens the ledger, and fills it from what is on disk if nobody has since the machine booted. `notice` is told of what is
  /// damaged there and was set aside.
  init(path: String, durable: String, boot: String, notice: (String) -> Void) throws(SyscallError) {
    self.path = path
    for directory in [path, durable] { try ensureDirectories(directory) }
    for name in ["\(path)/pods", "\(path)/addresses", "\(durable)/pods"] { try ensureDirectory(AT_FDCWD, name) }
    pods = SharedFD(try openDirectory(AT_FDCWD, path + "/pods"))
    addresses = SharedFD(try openDirectory(AT_FDCWD, path + "/addresses"))
    self.durable = SharedFD(try openDirectory(AT_FDCWD, durable + "/pods"))
    if isOf(boot) { return }
    let lock = try lock()
    defer { withExtendedLifetime(lock) {} }
    if !isOf(boot) { try takeOver(durable, boot, notice) }
  }

  private func isOf(_ boot: String) -> Bool {
    // Whatever is wrong with it, the answer is the same.
    (try? readRegularFile(AT_FDCWD, path + "/boot", limit: 64)) == Array(boot.utf8)
  }

  /// Forgets the links of another boot, and gives every pod on disk its address back.
  private func takeOver(_ directory: String, _ boot: String, _ notice: (String) -> Void) throws(SyscallError) {
    for old in [pods.raw, addresses.raw] { for name in try entries(of: old) { try removeTree(old, name) } }
    for name in try entries(of: durable.raw) {
      if case .allocation(let address, name) = try readLink(durable.raw, name), try pod(at: address) == nil {
        try link(name, address)
        continue
      }
      let aside = try Self.setAside(durable.raw, name, in: directory)
      notice("\(directory)/pods/\(name) names no address of its own and was set aside as \(aside)")
    }
    let opened = try openDirectory(AT_FDCWD, path)
    try replaceFile(in: opened.raw, named: "boot", with: Array(boot.utf8), durability: .untilReboot)
  }

  /// What a pod's link says.
  enum Entry: Equatable {
    case none
    case address(IPv4Address)
    /// It is no link, or not to an address.
    case damaged
  }

  func entry(of uid: String) throws(SyscallError) -> Entry {
    switch try readLink(pods.raw, uid) {
    case .none: .none
    case .allocation(let address, let owner): owner == uid ? .address(address) : .damaged
    case .otherwise: .damaged
    }
  }

  /// The pod that has an address; `nil` if none has, or if its link is damaged.
  func pod(at address: IPv4Address) throws(SyscallError) -> String? {
    if case .allocation(address, let uid) = try readLink(addresses.raw, "\(address)") { return uid }
    return nil
  }

  /// Gives a pod the next address that is free, after the one that was given out last, so that an address rests for as long
  /// as it can before somebody else has it. The caller holds the lock. `nil`: all are in use.
  func allocate(_ uid: String, in network: IPv4Network, lock: Int32) throws(SyscallError) -> IPv4Address? {
    let places = network.podPlaces
    var place = lastPlace(lock) ?? places.upperBound
    for _ in places {
      place = place >= places.upperBound || place < places.lowerBound ? places.lowerBound : place + 1
      guard let address = network.address(place), try isFree(address) else { continue }
      try link(uid, address)
      try remember(place, lock)
      return address
    }
    return nil
  }

  /// Makes an allocation survive a reboot and a power cut.
  func persist(_ uid: String, _ address: IPv4Address) throws(SyscallError) {
    let durable = durable.raw
    if case .allocation(address, uid) = try readLink(durable, uid) {
    } else {
      try removeTree(durable, uid)
      try check("symlinkat") { symlinkat("\(address)/\(uid)", durable, uid) }
    }
    try syncDirectory(durable)
  }

  /// Takes an address back. The kernel's objects are gone by then.
  func release(_ uid: String, _ address: IPv4Address?) throws(SyscallError) {
    try unlink(durable.raw, uid)
    if let address, try pod(at: address) == uid { try unlink(addresses.raw, "\(address)") }
    try unlink(pods.raw, uid)
  }

  /// Moves a pod's damaged entry out of the way; where it went.
  func setAside(_ uid: String) throws(SyscallError) -> String { try Self.setAside(pods.raw, uid, in: path) }

  private static func setAside(_ directory: Int32, _ name: String, in path: String) throws(SyscallError) -> String {
    try ensureDirectory(AT_FDCWD, path + "/damaged")
    let target = "\(path)/damaged/\(name).\(Clock.monotonicNanoseconds())"
    try check("renameat") { renameat(directory, name, AT_FDCWD, target) }
    return target
  }

  /// The address that lists a pod, found by reading all of them: for one whose own entry is damaged.
  func search(_ uid: String) throws(SyscallError) -> IPv4Address? {
    for name in try entries(of: addresses.raw) {
      if let address = IPv4Address(name), try pod(at: address) == uid { return address }
    }
    return nil
  }

  /// Whether no pod has an address.
  var isEmpty: Bool {
    get throws(SyscallError) { try entryNames(of: pods.raw, atMost: 1).isEmpty }
  }

  /// Every pod that has an entry.
  var all: [String] {
    get throws(SyscallError) { try entries(of: pods.raw) }
  }

  /// Removes addresses that belong to no pod, which only damage leaves.
  func removeOrphans() throws(SyscallError) {
    for name in try entries(of: addresses.raw) {
      if case .allocation(let address, let uid) = try readLink(addresses.raw, name), "\(address)" == name,
        try entry(of: uid) == .address(address)
      {
        continue
      }
      try removeTree(addresses.raw, name)
    }
  }

  /// Waits for the lock; whoever keeps the descriptor has it. It is opened anew each time, so that threads of one process
  /// exclude each other too.
  func lock() throws(SyscallError) -> OwnedFD {
    let file = try openAt(AT_FDCWD, path + "/lock", O_RDWR | O_CREAT | O_NOFOLLOW)
    try FileLock.lock(file.raw, .exclusive)
    return file
  }

  /// Whether a UID can name a file.
  static func isValid(_ uid: String) -> Bool {
    (1...200).contains(uid.utf8.count) && uid.utf8.first != UInt8(ascii: ".")
      && uid.utf8.allSatisfy {
        switch $0 {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
        default: false
        }
      }
  }

  // MARK: Files

  private enum LinkText {
    case none
    case allocation(IPv4Address, String)
    case otherwise
  }

  private func readLink(_ directory: Int32, _ name: String) throws(SyscallError) -> LinkText {
    var buffer = [CChar](repeating: 0, count: 256)
    do throws(SyscallError) {
      let count = try checkCount("readlinkat") { readlinkat(directory, name, &buffer, buffer.count) }
      let text = String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
      guard let slash = text.firstIndex(of: "/"), let address = IPv4Address(text[..<slash]) else { return .otherwise }
      let uid = String(text[text.index(after: slash)...])
      return Self.isValid(uid) ? .allocation(address, uid) : .otherwise
    } catch {
      if error.errno == ENOENT { return .none }
      if error.errno == EINVAL { return .otherwise }
      throw error
    }
  }

  private func isFree(_ address: IPv4Address) throws(SyscallError) -> Bool {
    if case .none = try readLink(addresses.raw, "\(address)") { return true }
    return false
  }

  /// The pod's name first: a crash between the two leaves one that names an address which nobody has.
  private func link(_ uid: String, _ address: IPv4Address) throws(SyscallError) {
    let (pods, addresses) = (pods.raw, addresses.raw)
    try check("symlinkat") { symlinkat("\(address)/\(uid)", pods, uid) }
    try check("linkat") { linkat(pods, uid, addresses, "\(address)", 0) }
  }

  private func unlink(_ directory: Int32, _ name: String) throws(SyscallError) {
    do throws(SyscallError) { try check("unlinkat") { unlinkat(directory, name, 0) } } catch {
      if error.errno != ENOENT { throw error }
    }
  }

  /// Where the last allocation was. It is a hint: lost or damaged, it costs nothing but the order.
  private func lastPlace(_ lock: Int32) -> UInt32? {
    var bytes = [UInt8](repeating: 0, count: 16)
    let count = pread(lock, &bytes, bytes.count, 0)
    return count > 0 ? UInt32(String(decoding: bytes.prefix(count).prefix { $0 != 0x0a }, as: UTF8.self)) : nil
  }

  private func remember(_ place: UInt32, _ lock: Int32) throws(SyscallError) {
    let text = Array("\(place)\n".utf8)
    try checkCount("pwrite") { pwrite(lock, text, text.count, 0) }
  }
}
