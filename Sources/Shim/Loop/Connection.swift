import Glibc
import LaunchPlan
import Linux

/// One agent that talks to the supervisor.
final class Connection {
  let identifier: Int
  let socket: OwnedFD
  private(set) var isBroken = false

  init(identifier: Int, socket: consuming OwnedFD) {
    self.identifier = identifier
    self.socket = socket
  }

  /// Sends a message. An agent that does not read is cut off: it reads the whole state when it comes back, so nothing
  /// depends on any single message, and nobody can make the supervisor wait.
  func send(_ message: ShimMessage, descriptors: [Int32] = []) {
    do throws(SyscallError) {
      try PacketSocket.send(socket.raw, message.serialized(), descriptors: descriptors)
    } catch {
      isBroken = true
    }
  }
}
