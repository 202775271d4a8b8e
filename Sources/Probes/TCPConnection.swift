import NIOCore
import NIOPosix

/// Connections that are opened to see whether they can be.
public enum TCPConnection {
  /// Opens a connection and closes it at once.
  ///
  /// - Parameter timeout: For all addresses of the host together.
  /// - Throws: Why there is none.
  public static func open(to host: String, port: UInt16, timeout: Duration) async throws {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .connectTimeout(TimeAmount(timeout))
      .connect(host: host, port: Int(port))
      .get()
    try await channel.close().get()
  }
}
