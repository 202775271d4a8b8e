import CLinux
import Glibc

/// One datagram that arrived, with the descriptors it carried.
@frozen
public struct Packet: ~Copyable, Sendable {
  /// Its bytes; empty means that the other side has gone.
  public let bytes: [UInt8]
  /// Its descriptors, closed with the packet unless they are taken.
  public var descriptors: DescriptorList
}

/// Descriptors that came together, closed with their owner unless taken.
public struct DescriptorList: ~Copyable, Sendable {
  private var raw: [Int32]

  /// Takes ownership.
  public init(_ raw: [Int32]) { self.raw = raw }

  deinit { for descriptor in raw where descriptor >= 0 { close(descriptor) } }

  /// How many came.
  public var count: Int { raw.count }

  /// Takes one out; `nil` if there is none at that place.
  public mutating func take(_ index: Int) -> OwnedFD? {
    guard raw.indices.contains(index), raw[index] >= 0 else { return nil }
    defer { raw[index] = -1 }
    return OwnedFD(raw[index])
  }
}

/// Unix sockets whose every datagram is one message that may carry descriptors (`unix(7)`, SOCK_SEQPACKET).
public enum PacketSocket {
  /// Bytes that one message may have.
  public static let limit = 128 << 10

  /// Binds a socket to a name in an open directory and listens. The path goes through `/proc/self/fd`, because `sun_path`
  /// holds 107 bytes and state directories are longer.
  public static func listen(in directory: Int32, named name: String) throws(SyscallError) -> OwnedFD {
    let socket = OwnedFD(try check("socket") { lx_seqpacket() })
    let raw = socket.raw
    try check("bind") { lx_bind_unix(raw, "/proc/self/fd/\(directory)/\(name)") }
    try check("listen") { Glibc.listen(raw, 16) }
    return socket
  }

  /// Connects to a name in an open directory. ENOENT and ECONNREFUSED mean that nobody is there.
  public static func connect(in directory: Int32, named name: String) throws(SyscallError) -> OwnedFD {
    let socket = OwnedFD(try check("socket") { lx_seqpacket() })
    let raw = socket.raw
    try check("connect") { lx_connect_unix(raw, "/proc/self/fd/\(directory)/\(name)") }
    return socket
  }

  /// Accepts a connection.
  public static func accept(_ listener: Int32) throws(SyscallError) -> OwnedFD {
    OwnedFD(try check("accept4") { lx_accept(listener) })
  }

  /// The other side's process and user at the time it connected or listened (SO_PEERCRED).
  public static func peer(of socket: Int32) throws(SyscallError) -> (pid: Int32, uid: UInt32) {
    var pid: pid_t = 0
    var uid: UInt32 = .max
    try check("getsockopt(SO_PEERCRED)") { lx_peer(socket, &pid, &uid) }
    return (pid, uid)
  }

  /// Sends one message. EPIPE: the other side has gone; EMSGSIZE: too large.
  public static func send(_ socket: Int32, _ bytes: [UInt8], descriptors: [Int32] = []) throws(SyscallError) {
    if bytes.count > limit { throw SyscallError("sendmsg", EMSGSIZE) }
    let count = bytes.count
    try checkCount("sendmsg") { lx_send(socket, bytes, count, descriptors, Int32(descriptors.count)) }
  }

  /// Receives one message. EBADMSG: it or its descriptors were cut off, which makes the other side a broken peer.
  public static func receive(_ socket: Int32) throws(SyscallError) -> Packet {
    var descriptors = [Int32](repeating: -1, count: Int(LX_MAX_FDS))
    var count: Int32 = 0
    var failure: SyscallError?
    // Uninitialised, so that only the pages that a message fills cost memory.
    let buffer = [UInt8](unsafeUninitializedCapacity: limit) { buffer, length in
      do throws(SyscallError) {
        let base = buffer.baseAddress
        length = try checkCount("recvmsg") { lx_receive(socket, base, limit, &descriptors, &count) }
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return Packet(bytes: buffer, descriptors: DescriptorList(Array(descriptors.prefix(Int(count)))))
  }
}
