import CLinux
import Glibc
import Linux
import RuntimeAPI

extension ConformanceCase {
  static let streams: [ConformanceCase] = [
    ConformanceCase("standard input is /dev/null unless it was asked for") { context in
      let pod = try await context.sandbox()
      try expect(
        try await pod.lines(script: "cat | wc -c; readlink /proc/self/fd/0"),
        is: ["0", "/dev/null"],
        "the output"
      )
    },
    ConformanceCase("standard input is read to its end", needs: [.lifecycle, .attach]) { context in
      let pod = try await context.sandbox()
      let id = try await pod.create(script: "wc -c; echo done") {
        $0.streams.stdin = true
        $0.streams.stdinOnce = true
      }
      let attachment = try await context.runtime.attach(to: id)
      try await pod.start(id)
      let bytes = [UInt8](repeating: 0x61, count: 300_000)
      try await onThread { try writeAll(attachment.input, bytes) }
      attachment.closeInput()
      try expect(try await pod.wait(id).code, is: 0, "the code")
      try expect(try pod.log(id).lines, is: ["300000", "done"], "the output")
    },
    ConformanceCase("who attaches reads both outputs, and the log has them too", needs: [.lifecycle, .attach]) {
      context in
      let pod = try await context.sandbox()
      let id = try await pod.create(script: "echo out; echo err >&2; seq 1 20000")
      let attachment = try await context.runtime.attach(to: id)
      try await pod.start(id)
      let output = try await onThread { try readAll(attachment.output, limit: 1 << 20) }
      let errors = try await onThread { try readAll(attachment.errorOutput, limit: 1 << 20) }
      try expect(try await pod.wait(id).code, is: 0, "the code")
      let expected = "out\n" + (1...20000).map { "\($0)\n" }.joined()
      try expect(String(decoding: output, as: UTF8.self) == expected, "standard output", seen: "\(output.count) bytes")
      try expect(String(decoding: errors, as: UTF8.self), is: "err\n", "standard error")
      try expect(try pod.log(id).output == expected, "the same in the log", seen: "else")
    },
    ConformanceCase("a terminal is one, with a console, a size and a line discipline", needs: [.lifecycle, .attach]) {
      context in
      let pod = try await context.sandbox()
      let script = """
        test -t 0 && test -t 1 && test -t 2 && echo terminal
        tty; test -c /dev/console && echo console > /dev/console; echo tty > /dev/tty
        read line; stty size; echo got $line; kill -0 $$; exit 3
        """
      let id = try await pod.create(script: script) {
        $0.specification.process.terminal = true
        $0.streams.stdin = true
      }
      let attachment = try await context.runtime.attach(to: id)
      try check("TIOCSWINSZ") { lx_set_window_size(attachment.terminal, 33, 77) }
      try await pod.start(id)
      try writeAll(attachment.input, Array("hello\n".utf8))
      try expect(try await pod.wait(id).code, is: 3, "the code")
      let lines = try pod.log(id).lines.map { $0.hasSuffix("\r") ? String($0.dropLast()) : $0 }.filter { $0 != "hello" }
      try expect(lines, is: ["terminal", "/dev/pts/0", "console", "tty", "33 77", "got hello"], "the output")
    },
    ConformanceCase("the terminal's keys send signals", needs: [.lifecycle, .attach]) { context in
      let pod = try await context.sandbox()
      let id = try await pod.create(script: "trap 'exit 7' INT; echo ready; while :; do sleep 0.05; done") {
        $0.specification.process.terminal = true
        $0.streams.stdin = true
      }
      let attachment = try await context.runtime.attach(to: id)
      try await pod.start(id)
      try await eventually("ready") { try pod.log(id).output.contains("ready") }
      try writeAll(attachment.input, [3])
      try expect(try await pod.wait(id).outcome, is: .exited(code: 7), "the exit")
    },
  ]
}

/// Runs something that blocks on a thread of its own.
func onThread<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
  try await Task.detached { try body() }.value
}
