import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

@testable import Probes

@Suite("What a probe asks for is what it gets in the end")
struct FollowTests {
  /// Answers by path: `/to/N/PATH` with a redirect of status N, `/N` with that status.
  private final class Answers: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      guard case .head(let request) = unwrapInboundIn(data) else { return }
      let parts = request.uri.split(separator: "/", maxSplits: 2).map(String.init)
      var head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: Int(parts[0]) ?? 200))
      if parts[0] == "to" {
        head.status = .init(statusCode: Int(parts[1]) ?? 302)
        head.headers.add(name: "Location", value: "/" + parts[2])
      } else if parts[0] == "round" {
        head.status = .found
        head.headers.add(name: "Location", value: "/round")
      } else if parts[0] == "away" {
        head.status = .found
        head.headers.add(name: "Location", value: "http://192.0.2.1/")
      }
      head.headers.add(name: "Content-Length", value: "0")
      context.write(wrapOutboundOut(.head(head)), promise: nil)
      context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
  }

  private func status(_ path: String, following: Bool) async throws -> Int {
    let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(Answers())
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    let getter = HTTPGetter()
    let port = UInt16(try #require(server.localAddress?.port))
    let request = HTTPGetter.Request(
      scheme: "http",
      host: "127.0.0.1",
      port: port,
      path: path,
      headers: [],
      userAgent: "test"
    )
    let result: Result<Int, any Error>
    do {
      result = .success(
        try await getter.status(of: request, timeout: .seconds(10), followingOwnRedirects: following)
      )
    } catch {
      result = .failure(error)
    }
    try await getter.shutDown()
    try await server.close().get()
    return try result.get()
  }

  @Test(
    "An answer is followed to where it leads on the same host, by probes and not by hooks",
    arguments: [
      ("/204", true, 204), ("/503", true, 503), ("/to/302/500", true, 500), ("/to/308/to/301/200", true, 200),
      ("/to/302/500", false, 302), ("/away", true, 302),
    ]
  )
  func follow(path: String, following: Bool, expected: Int) async throws {
    #expect(try await status(path, following: following) == expected)
  }

  @Test("Whoever leads round and round is left")
  func loop() async throws {
    await #expect { try await status("/round", following: true) } throws: { "\($0)" == "stopped after 10 redirects" }
  }
}
