import Glibc
import Linux

/// A conversation with the kernel. The socket belongs to the network namespace in which it was opened, whoever holds it now:
/// one that was opened inside a pod configures the pod, and no thread of this program ever changes its namespace.
public struct NetlinkSocket: ~Copyable {
  /// The families of `netlink(7)` that are used here.
  public enum Family: Int32, Sendable {
    /// Links, addresses, routes, neighbours.
    case route = 0
    /// nftables among others.
    case netfilter = 12
  }

  private static let capacity = 64 << 10
  /// Messages of one answer before it counts as endless: a full Internet table has a million routes.
  private static let mostMessages = 8 << 20
  /// Messages that are read while the answers to one transaction are awaited.
  private static let mostAnswers = 1 << 12

  private let descriptor: OwnedFD
  private var sequence: UInt32

  /// Opens one in the namespace of the calling thread.
  public init(_ family: Family = .route) throws(NetlinkError) {
    let raw = try system { () throws(SyscallError) in
      try check("socket(AF_NETLINK)") {
        socket(16, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), family.rawValue)
      }
    }
    try self.init(adopting: OwnedFD(raw))
  }

  /// Takes one that somebody opened.
  public init(adopting descriptor: consuming OwnedFD) throws(NetlinkError) {
    self.descriptor = descriptor
    // Not from 0: an answer to an earlier holder's request must not be taken for one of ours.
    sequence = UInt32.random(in: 0...(.max))
    let raw = self.descriptor.raw
    try system { () throws(SyscallError) in
      // The kernel answers at once: this bounds what should never happen.
      var limit = timeval(tv_sec: 10, tv_usec: 0)
      try check("setsockopt(SO_RCVTIMEO)") {
        setsockopt(raw, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
      }
      var on: Int32 = 1
      // NETLINK_CAP_ACK and NETLINK_EXT_ACK.
      for option: Int32 in [10, 11] {
        try check("setsockopt(SOL_NETLINK)") { setsockopt(raw, 270, option, &on, socklen_t(MemoryLayout<Int32>.size)) }
      }
    }
  }

  /// Sends requests in one piece, which the kernel carries out in their order, each whatever became of those before it, and
  /// waits for all answers. Returns what they carried besides acknowledgements.
  ///
  /// Throws for the first request that was refused, unless its error number is in `tolerating`.
  @discardableResult
  public mutating func transact(
    _ requests: [NetlinkMessage],
    tolerating: Set<Int32> = []
  ) throws(NetlinkError) -> [NetlinkReply] {
    if requests.isEmpty { return [] }
    let first = sequence
    var bytes: [UInt8] = []
    for request in requests {
      bytes += request.finished(sequence: sequence, flags: NetlinkFlag.acknowledge)
      sequence &+= 1
    }
    try send(bytes)
    var pending = requests.count
    var refusals = [NetlinkError?](repeating: nil, count: requests.count)
    var replies: [NetlinkReply] = []
    for _ in 0..<Self.mostAnswers where pending > 0 {
      for reply in try receive() {
        let place = Int(reply.sequence &- first)
        // An answer to somebody who held the socket before.
        guard place < requests.count else { continue }
        guard reply.type == NetlinkType.error else {
          replies.append(reply)
          continue
        }
        pending -= 1
        refusals[place] = try reply.refusal(of: requests[place].operation)
      }
    }
    if pending > 0 { throw .malformed("\(Self.mostAnswers) messages, and \(pending) answers are missing") }
    for case .some(let refusal) in refusals where !tolerating.contains(refusal.errno ?? 0) { throw refusal }
    return replies
  }

  /// Asks for a list and gives each entry to `body`, so that a long one needs no memory.
  ///
  /// A list that changed while it was read is read again, a bounded number of times; `body` sees entries again then.
  public mutating func dump(
    _ request: NetlinkMessage,
    _ body: (NetlinkReply) throws(NetlinkError) -> Void
  ) throws(NetlinkError) {
    for _ in 0..<5 where try !dumpOnce(request, body) { return }
    // Five times in a row: what was seen is as good as it gets on this host.
  }

  /// Whether the list changed meanwhile.
  private mutating func dumpOnce(
    _ request: NetlinkMessage,
    _ body: (NetlinkReply) throws(NetlinkError) -> Void
  ) throws(NetlinkError) -> Bool {
    let own = sequence
    sequence &+= 1
    try send(request.finished(sequence: own, flags: NetlinkFlag.dump))
    var changed = false
    for _ in 0..<Self.mostMessages {
      for reply in try receive() where reply.sequence == own {
        if reply.flags & NetlinkFlag.dumpInterrupted != 0 { changed = true }
        if reply.type == NetlinkType.done || reply.type == NetlinkType.error {
          if let refusal = try reply.refusal(of: request.operation) { throw refusal }
          return changed
        }
        try body(reply)
      }
    }
    throw .malformed("a list without an end")
  }

  private func send(_ bytes: [UInt8]) throws(NetlinkError) {
    let raw = descriptor.raw
    let count = bytes.count
    let sent = try system { () throws(SyscallError) in
      try checkCount("send(netlink)") { Glibc.send(raw, bytes, count, 0) }
    }
    if sent != count { throw .system(SyscallError("send(netlink)", EIO)) }
  }

  private func receive() throws(NetlinkError) -> [NetlinkReply] {
    let raw = descriptor.raw
    // struct sockaddr_nl: the sender's port is in bytes 4 to 7, and the kernel's is 0.
    var sender = [UInt8](repeating: 0, count: 12)
    var length = 0
    var failure: SyscallError?
    let datagram = [UInt8](unsafeUninitializedCapacity: Self.capacity) { buffer, count in
      let base = buffer.baseAddress
      do throws(SyscallError) { length = try Self.receive(raw, base, Self.capacity, &sender) } catch { failure = error }
      count = min(length, Self.capacity)
    }
    if let failure { throw .system(failure) }
    if length > Self.capacity { throw .malformed("a datagram of \(length) bytes") }
    // A process with CAP_NET_ADMIN in a pod could send us answers of its own.
    if sender[4..<8] != [0, 0, 0, 0] { return [] }
    return try NetlinkReply.messages(in: datagram)
  }

  /// One datagram and its sender; its length, which may be more than the capacity.
  private static func receive(
    _ socket: Int32,
    _ buffer: UnsafeMutablePointer<UInt8>?,
    _ capacity: Int,
    _ sender: inout [UInt8]
  ) throws(SyscallError) -> Int {
    var size = socklen_t(sender.count)
    return try checkCount("recv(netlink)") {
      sender.withUnsafeMutableBytes { name in
        recvfrom(
          socket,
          buffer,
          capacity,
          Int32(MSG_TRUNC),
          name.baseAddress?.assumingMemoryBound(to: sockaddr.self),
          &size
        )
      }
    }
  }
}

extension NetlinkReply {
  /// The error that an acknowledgement carries; `nil` for success (`struct nlmsgerr`, NLMSGERR_ATTR_MSG).
  func refusal(of operation: String) throws(NetlinkError) -> NetlinkError? {
    // The end of a dump may come without a number.
    guard let code: Int32 = number(at: 0) else {
      return type == NetlinkType.done ? nil : .malformed("an error without a number")
    }
    if code >= 0 { return nil }
    var reason: String?
    if type == NetlinkType.error, flags & NetlinkFlag.extendedAcknowledgement != 0 {
      // The number, then the header of what was asked, and all of it unless the kernel was told to leave it out.
      let echoed: UInt32 = number(at: 4) ?? 16
      let length = flags & NetlinkFlag.capped != 0 ? 16 : Int(echoed)
      reason = try attributes(after: 4 + length).text(1)
    }
    return .refused(operation: operation, errno: code == .min ? EINVAL : -code, reason: reason)
  }
}

/// Runs system calls, with their error as one of this layer's.
func system<Value: ~Copyable>(_ body: () throws(SyscallError) -> Value) throws(NetlinkError) -> Value {
  do throws(SyscallError) { return try body() } catch { throw .system(error) }
}
