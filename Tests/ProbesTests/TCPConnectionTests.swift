import NIOCore
import NIOPosix
import Testing

@testable import Probes

@Suite("A connection is opened where somebody listens, and nowhere else")
struct TCPConnectionTests {
  @Test("Somebody who listens is reached, and nobody is when it has gone")
  func listening() async throws {
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .bind(host: "127.0.0.1", port: 0).get()
    let port = UInt16(try #require(server.localAddress?.port))
    try await TCPConnection.open(to: "127.0.0.1", port: port, timeout: .seconds(5))
    try await server.close().get()
    await #expect(throws: (any Error).self) {
      try await TCPConnection.open(to: "127.0.0.1", port: port, timeout: .seconds(5))
    }
  }
}
