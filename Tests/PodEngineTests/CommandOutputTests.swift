import Glibc
import Linux
import RuntimeAPI
import Testing

@testable import PodEngine

@Suite("What a hook's command writes is read for as long as it runs, and no longer", .timeLimit(.minutes(1)))
struct HookOutputTests {
  @Test("all that was written by its end, both streams, on one line and not without limit")
  func text() async throws {
    let output = try Pipe()
    let error = try Pipe()
    let streams = Attachment(
      output: try output.reader.duplicate().release(),
      errorOutput: try error.reader.duplicate().release()
    )
    let reading = try CommandOutput(streams)
    try writeAll(output.writer.raw, Array("one\ntwo\0three\n".utf8))
    let text = await reading.finish()
    #expect(text == "one two three")
    let more = try CommandOutput(Attachment(output: try error.reader.duplicate().release()))
    try writeAll(error.writer.raw, [UInt8](repeating: UInt8(ascii: "x"), count: 60_000))
    #expect(await more.finish().utf8.count == CommandOutput.limit)
  }

  @Test("somebody who keeps a stream open, and writes on, is not waited for")
  func heldOpen() async throws {
    var ends: [Int32] = [-1, -1]
    try check("pipe") { pipe(&ends) }
    let writer = OwnedFD(ends[1])
    do {
      let reading = try CommandOutput(Attachment(output: ends[0]))
      try writeAll(writer.raw, Array("said".utf8))
      #expect(await reading.finish() == "said")
    }
    // A pipe whose last reader has gone says so.
    var entry = pollfd(fd: writer.raw, events: 0, revents: 0)
    for _ in 0..<500 where poll(&entry, 1, 0) == 0 { try await Task.sleep(nanoseconds: 2_000_000) }
    #expect(entry.revents & Int16(POLLERR) != 0, "the stream is let go")
  }
}
