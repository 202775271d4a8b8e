import Glibc
import Linux
import RuntimeTestKit
import Testing

@testable import Networking

/// A directory that goes with its owner.
final class Scratch: Sendable {
  let path: String

  init() throws {
    var template = Array("/tmp/swl-net.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SyscallError("mkdtemp", errno) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    if let parent = try? openDirectory(AT_FDCWD, "/tmp") { try? removeTree(parent.raw, String(path.dropFirst(5))) }
  }
}

@Suite("An address belongs to one pod at a time, whatever happens")
struct AllocationTests {
  private func network(_ text: String) throws -> IPv4Network { try #require(IPv4Network(text)) }

  private func open(
    _ scratch: Scratch,
    boot: String = "first",
    notice: (String) -> Void = { Issue.record("\($0)") }
  ) throws -> AddressLedger {
    try AddressLedger(path: scratch.path, durable: scratch.path + "/durable", boot: boot, notice: notice)
  }

  private func allocate(_ ledger: AddressLedger, _ uid: String, _ network: IPv4Network) throws -> IPv4Address? {
    let lock = try ledger.lock()
    return try ledger.allocate(uid, in: network, lock: lock.raw)
  }

  @Test("an address rests for as long as it can")
  func roundRobin() throws {
    let scratch = try Scratch()
    let ledger = try open(scratch)
    let network = try network("10.85.0.0/29")
    // 2 to 6 are for pods.
    var given: [String] = []
    for number in 0..<12 {
      let address = try #require(try allocate(ledger, "pod\(number)", network))
      given.append("\(address)")
      try ledger.release("pod\(number)", address)
    }
    #expect(given.prefix(6) == ["10.85.0.2", "10.85.0.3", "10.85.0.4", "10.85.0.5", "10.85.0.6", "10.85.0.2"])
    #expect(try ledger.isEmpty)
  }

  @Test("when all are in use there is none, and one that comes back is given out")
  func exhaustion() throws {
    let scratch = try Scratch()
    let ledger = try open(scratch)
    let network = try network("10.85.0.0/28")
    let addresses = try (0..<13).map { try #require(try allocate(ledger, "pod\($0)", network)) }
    #expect(Set(addresses).count == 13)
    #expect(try allocate(ledger, "late", network) == nil)
    try ledger.release("pod5", addresses[5])
    #expect(try allocate(ledger, "late", network) == addresses[5])
  }

  @Test("random allocations and releases by several ledgers of one directory agree with a model")
  func model() throws {
    var generator = SeededGenerator()
    print("allocation: SEED=\(generator.seed)")
    let scratch = try Scratch()
    let ledgers = try (0..<3).map { _ in try open(scratch) }
    let network = try network("10.85.0.0/27")
    var model: [String: IPv4Address] = [:]
    for _ in 0..<3000 {
      let ledger = ledgers[Int.random(in: 0..<3, using: &generator)]
      let uid = "pod\(Int.random(in: 0..<40, using: &generator))"
      if let address = model[uid] {
        #expect(try ledger.entry(of: uid) == .address(address))
        #expect(try ledger.pod(at: address) == uid)
        try ledger.release(uid, address)
        model[uid] = nil
      } else {
        let address = try allocate(ledger, uid, network)
        #expect((address == nil) == (model.count == 29))
        if let address {
          #expect(!model.values.contains(address) && network.contains(address))
          #expect(address != network.gateway && address != network.base)
          model[uid] = address
        }
      }
    }
    #expect(try Set(ledgers[0].all) == Set(model.keys))
  }

  @Test("a damaged entry is set aside and costs nobody else anything")
  func damage() throws {
    let scratch = try Scratch()
    let ledger = try open(scratch)
    let network = try network("10.85.0.0/24")
    let first = try #require(try allocate(ledger, "first", network))
    let second = try #require(try allocate(ledger, "second", network))
    for garbage in ["", "10.85.0.2", "10.85.0.2/other", "10.85.0.2/../x", "nonsense/first", "999.1.1.1/first"] {
      unlink(scratch.path + "/pods/first")
      if garbage.isEmpty {
        close(Glibc.open(scratch.path + "/pods/first", O_CREAT | O_WRONLY, 0o600))
      } else {
        #expect(symlink(garbage, scratch.path + "/pods/first") == 0)
      }
      #expect(try ledger.entry(of: "first") == .damaged)
    }
    let aside = try ledger.setAside("first")
    var status = stat()
    #expect(lstat(aside, &status) == 0)
    #expect(try ledger.entry(of: "first") == .none)
    #expect(try ledger.search("first") == first, "the address's own entry still says it")
    #expect(try ledger.entry(of: "second") == .address(second))
    try ledger.removeOrphans()
    #expect(try ledger.pod(at: first) == nil)
    #expect(try ledger.pod(at: second) == "second")
  }

  @Test("after a reboot those that must keep their address have it, and damage costs its own entry")
  func reboot() throws {
    let scratch = try Scratch()
    let network = try network("10.85.0.0/24")
    var kept: [String: IPv4Address] = [:]
    let before = try open(scratch)
    for uid in ["a", "b", "c", "d"] {
      kept[uid] = try allocate(before, uid, network)
      if uid != "b", let address = kept[uid] { try before.persist(uid, address) }
    }
    unlink(scratch.path + "/durable/pods/d")
    #expect(symlink("10.85.0.2/d", scratch.path + "/durable/pods/d") == 0, "a's address")
    let durable = try openDirectory(AT_FDCWD, scratch.path + "/durable/pods")
    try replaceFile(
      in: durable.raw,
      named: "e",
      with: [1, 2, 3],
      durability: .untilReboot
    )
    // The same boot: nothing changes.
    #expect(try open(scratch).entry(of: "b") == kept["b"].map { .address($0) })
    var notices: [String] = []
    let after = try open(scratch, boot: "second") { notices.append($0) }
    #expect(notices.count == 2 && notices[0].contains("pods/d ") && notices[1].contains("pods/e "), "\(notices)")
    #expect(try after.all == ["a", "c"])
    #expect(try after.entry(of: "a") == kept["a"].map { .address($0) })
    #expect(try after.entry(of: "c") == kept["c"].map { .address($0) })
    for uid in ["x", "y", "z"] {
      let address = try #require(try allocate(after, uid, network))
      #expect(address != kept["a"] && address != kept["c"])
    }
    try after.release("a", kept["a"])
    #expect(try open(scratch, boot: "third").all == ["c"])
  }

  @Test("a cursor that is damaged costs the order only")
  func cursor() throws {
    let scratch = try Scratch()
    let ledger = try open(scratch)
    let network = try network("10.85.0.0/24")
    let directory = try openDirectory(AT_FDCWD, scratch.path)
    for text in ["", "x", "-1", "0", "1", "255", "99999999999999999999", "\u{0}\u{0}"] {
      try replaceFile(
        in: directory.raw,
        named: "lock",
        with: Array(text.utf8),
        durability: .untilReboot
      )
      let address = try #require(try allocate(ledger, "pod", network))
      #expect(network.podPlaces.contains(address.number - network.base.number))
      try ledger.release("pod", address)
    }
  }

  @Test("what cannot name a file names no pod")
  func names() {
    for wrong in ["", ".", "..", "../x", "a/b", ".hidden", "a b", "ä", "a\u{0}", String(repeating: "a", count: 201)] {
      #expect(!AddressLedger.isValid(wrong))
    }
    for right in ["c2f4a7de-9d2e-4c4b-8a51-0d8a7a1e7c11", "a", "A.b_c-1"] { #expect(AddressLedger.isValid(right)) }
  }
}

@Suite("The network of the pods is one that nothing on the host uses")
struct NetworkChoiceTests {
  private func networks(_ texts: String...) -> [IPv4Network] { texts.compactMap { IPv4Network($0) } }

  @Test("the first that overlaps nothing; a default route is nothing")
  func choice() {
    let standard = NetworkChoice.standard
    #expect(NetworkChoice.firstFree(standard, used: []) == IPv4Network("10.85.0.0/16"))
    #expect(
      NetworkChoice.firstFree(standard, used: networks("0.0.0.0/0", "10.85.3.0/24")) == IPv4Network("10.86.0.0/16")
    )
    #expect(
      NetworkChoice.firstFree(standard, used: networks("10.80.0.0/12", "10.96.1.1/32")) == IPv4Network("10.97.0.0/16")
    )
    #expect(NetworkChoice.firstFree(standard, used: networks("10.0.0.0/8")) == nil)
  }

  @Test("large blocks are cut into /16s, tiny ones left out")
  func candidates() {
    #expect(
      NetworkChoice.candidates(networks("10.0.0.0/14")).map(\.description) == [
        "10.0.0.0/16", "10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16",
      ]
    )
    #expect(NetworkChoice.candidates(networks("192.0.2.0/24", "192.0.2.0/30")) == networks("192.0.2.0/24"))
    #expect(NetworkChoice.candidates(networks("0.0.0.0/0")).count == 65_536)
  }

  @Test("random blocks: the choice overlaps none that is used, and none before it was free")
  func property() {
    var generator = SeededGenerator()
    print("choice: SEED=\(generator.seed)")
    for _ in 0..<500 {
      let used = (0..<Int.random(in: 0..<30, using: &generator)).compactMap { _ in
        IPv4Network(
          IPv4Address(10 << 24 | UInt32.random(in: 0..<1 << 24, using: &generator)),
          prefixLength: Int.random(in: 9...32, using: &generator)
        )
      }
      let choice = NetworkChoice.firstFree(NetworkChoice.standard, used: used)
      for candidate in NetworkChoice.standard {
        let isFree = !used.contains { one in
          // Without `overlaps`: the first and last address of each.
          one.base.number <= candidate.base.number + 65_535
            && candidate.base.number <= one.base.number + UInt32(one.count - 1)
        }
        if candidate == choice {
          #expect(isFree)
          break
        }
        #expect(!isFree)
      }
    }
  }
}
