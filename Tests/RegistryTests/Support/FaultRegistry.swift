import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A server on loopback that answers each request with whatever bytes a test wants, when it wants, and remembers what it
/// was asked.
final class FaultRegistry: Sendable {
  struct Request: Sendable {
    var method = ""
    var path = ""
    var headers: [String: String] = [:]
    var body = ""
  }

  enum Step: Sendable {
    case write([UInt8])
    case wait(milliseconds: Int64)
    /// The same bytes, again and again, as fast as they are taken.
    case writeRepeatedly([UInt8], times: Int)
  }

  /// What to do with a request; `number` counts from 0.
  typealias Script = @Sendable (_ request: Request, _ number: Int) -> [Step]

  private let channel: any Channel
  private let log: RequestLog

  var port: Int { channel.localAddress?.port ?? 0 }
  var requests: [Request] { log.requests.withLock { $0 } }

  init(tls: NIOSSLContext? = nil, _ script: @escaping Script) async throws {
    let log = RequestLog()
    self.log = log
    channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
          try channel.pipeline.syncOperations.addHandler(Connection(script, log))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
  }

  func stop() async throws { try await channel.close() }
}

final class RequestLog: Sendable {
  let requests = Mutex<[FaultRegistry.Request]>([])
}

/// One connection: one request, its answer, the end.
private final class Connection: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private let script: FaultRegistry.Script
  private let log: RequestLog
  private var received: [UInt8] = []
  private var isAnswered = false

  init(_ script: @escaping FaultRegistry.Script, _ log: RequestLog) {
    self.script = script
    self.log = log
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    received += Array(unwrapInboundIn(data).readableBytesView)
    // A TLS handshake (RFC 8446, section 5.1) is nothing that a plain server understands.
    if received.first == 0x16 { return context.close(promise: nil) }
    guard !isAnswered, let request = Self.parse(received) else { return }
    isAnswered = true
    let number = log.requests.withLock { requests in
      requests.append(request)
      return requests.count - 1
    }
    perform(script(request, number)[...], context)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

  private func perform(_ steps: ArraySlice<FaultRegistry.Step>, _ context: ChannelHandlerContext) {
    guard context.channel.isActive, let step = steps.first else {
      context.close(promise: nil)
      return
    }
    let rest = steps.dropFirst()
    let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
    let this = NIOLoopBound(self, eventLoop: context.eventLoop)
    switch step {
    case .wait(let milliseconds):
      context.eventLoop.scheduleTask(in: .milliseconds(milliseconds)) { this.value.perform(rest, bound.value) }
    case .write(let bytes):
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)))
        .whenComplete { _ in this.value.perform(rest, bound.value) }
    case .writeRepeatedly(let bytes, let times):
      let next = times > 1 ? [.writeRepeatedly(bytes, times: times - 1)] + rest : rest
      context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)))
        .whenComplete { result in
          // Whoever has heard enough hangs up.
          if case .failure = result { return bound.value.close(promise: nil) }
          this.value.perform(next, bound.value)
        }
    }
  }

  /// nil until all of it is there.
  private static func parse(_ bytes: [UInt8]) -> FaultRegistry.Request? {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let end = text.range(of: "\r\n\r\n") else { return nil }
    let lines = text[..<end.lowerBound].split(separator: "\r\n")
    let words = lines.first?.split(separator: " ") ?? []
    guard words.count == 3 else { return nil }
    var request = FaultRegistry.Request(method: String(words[0]), path: String(words[1]))
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
      if parts.count == 2 {
        let name = parts[0].lowercased()
        let value = String(parts[1].drop { $0 == " " })
        request.headers[name] = request.headers[name].map { $0 + ", " + value } ?? value
      }
    }
    request.body = String(text[end.upperBound...])
    let wanted = request.headers["content-length"].flatMap { Int($0) } ?? 0
    return request.body.utf8.count >= wanted ? request : nil
  }
}

extension String {
  fileprivate func range(of part: String) -> Range<String.Index>? { firstRange(of: part) }
}

extension FaultRegistry.Step {
  /// A whole answer.
  static func answer(_ status: String, _ headers: [String] = [], body: String = "") -> FaultRegistry.Step {
    let lines = ["HTTP/1.1 \(status)"] + headers + ["Content-Length: \(body.utf8.count)", "Connection: close"]
    return .write(Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8))
  }

  /// A head without Content-Length unless it is among the headers.
  static func head(_ status: String, _ headers: [String] = []) -> FaultRegistry.Step {
    .write(
      Array((["HTTP/1.1 \(status)"] + headers + ["Connection: close"]).joined(separator: "\r\n").utf8)
        + Array("\r\n\r\n".utf8)
    )
  }

  static func text(_ text: String) -> FaultRegistry.Step { .write(Array(text.utf8)) }
}
