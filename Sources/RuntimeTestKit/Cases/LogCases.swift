import RuntimeAPI

extension ConformanceCase {
  static let logs: [ConformanceCase] = [
    ConformanceCase("both outputs are in the log, each in its own order, with times that do not go back") { context in
      let pod = try await context.sandbox()
      let script = "for i in 1 2 3 4 5; do echo out$i; echo err$i >&2; done"
      let log = try await pod.run(script: script).log
      try expect(log.lines, is: (1...5).map { "out\($0)" }, "standard output")
      try expect(log.errorOutput, is: (1...5).map { "err\($0)\n" }.joined(), "standard error")
      let times = log.records.map(\.time)
      try expect(times == times.sorted(), "times in order", seen: "\(times)")
      try expect(log.records.allSatisfy { !$0.isPartial }, "whole lines", seen: "partial ones")
    },
    ConformanceCase("ten megabytes arrive whole through rotated files, in order", seconds: 120) { context in
      let pod = try await context.sandbox()
      let count = 100_000
      let padding = String(repeating: "x", count: 92)
      let id = try await pod.launch(
        script: "awk 'BEGIN { for (i = 0; i < \(count); i++) printf \"%07d\(padding)\\n\", i }'"
      ) {
        $0.streams.logFileBytes = 1 << 20
        $0.streams.logFiles = 40
      }
      try expect(try await pod.wait(id).code, is: 0, "the code")
      let log = try pod.log(id)
      try expect(log.records.count, is: count, "the number of records")
      for (index, record) in log.records.enumerated() where record.text.count != 99 || record.number != index {
        let text = String(decoding: record.text.prefix(40), as: UTF8.self)
        throw ConformanceFailure(expected: "line \(index) whole and in its place", seen: text)
      }
      for file in log.files {
        try expect(file.size <= 1 << 20, "at most 1 MiB in \(file.name)", seen: "\(file.size)")
      }
      let total = log.files.reduce(0) { $0 + $1.size }
      try expect(
        log.files.count <= total / (900 << 10) + 1,
        "files to be filled before they are rotated",
        seen: "\(log.files.count) files for \(total) bytes"
      )
    },
    ConformanceCase("no more files are kept than were asked for, and they are the newest") { context in
      let pod = try await context.sandbox()
      let id = try await pod.launch(
        script: "awk 'BEGIN { for (i = 0; i < 20000; i++) printf \"%07d%s\\n\", i, \"yyyyyyyyyyyyyyyyyy\" }'"
      ) {
        $0.streams.logFileBytes = 64 << 10
        $0.streams.logFiles = 3
      }
      _ = try await pod.wait(id)
      let log = try pod.log(id)
      try expect(log.files.map(\.name), is: ["0.log.2", "0.log.1", "0.log"], "the files")
      let first = log.records.first?.number ?? -1
      try expect(first > 0, "the oldest lines to be gone", seen: "line \(first) is there")
      try expect(log.records.map(\.number), is: Array(first..<20000), "the lines that were kept")
    },
    ConformanceCase("a line of 100 KB is split and can be put together again") { context in
      let pod = try await context.sandbox()
      let log = try await pod.run(
        script: "awk 'BEGIN { for (i = 0; i < 10240; i++) printf \"%09d.\", i; print \"\" }'; echo next"
      ).log
      try expect(log.records.last?.text ?? [], is: Array("next".utf8), "the next line")
      let parts = log.records.dropLast()
      try expect(parts.dropLast().allSatisfy(\.isPartial) && parts.last?.isPartial == false, "P … P F", seen: "else")
      try expect(parts.allSatisfy { $0.text.count <= 16 << 10 }, "records of at most 16 KiB", seen: "longer ones")
      let line = String(decoding: parts.flatMap(\.text), as: UTF8.self)
      let expected = (0..<10240).map { String(repeating: "0", count: 9 - "\($0)".count) + "\($0)." }.joined()
      try expect(line == expected, "the line's own bytes", seen: "\(line.utf8.count) other bytes")
    },
    ConformanceCase("output without a newline at its end is kept") { context in
      let pod = try await context.sandbox()
      let log = try await pod.run(script: "printf abc; printf def >&2").log
      try expect(log.bytes("stdout"), is: Array("abc\n".utf8), "standard output")
      try expect(log.bytes("stderr"), is: Array("def\n".utf8), "standard error")
    },
    ConformanceCase("output of what was daemonised is in the log when wait returns") { context in
      let pod = try await context.sandbox()
      let finished = try await pod.run(
        script: "(setsid sh -c 'while :; do echo tick; sleep 0.01; done' &); sleep 0.3; exit 0"
      )
      let again = try pod.log(try pod.container("main"))
      try expect(finished.log.records.count > 5, "several lines", seen: "\(finished.log.records.count)")
      try expect(again.records.count, is: finished.log.records.count, "the number of lines some time later")
    },
    ConformanceCase("a log file is never reached through a link") { context in
      let pod = try await context.sandbox()
      let outside = context.world.directory + "/outside"
      try pod.link(outside, at: "0.log", in: "main")
      try await expectRefusal("a link in the log's place", "an error of create", matches: { _ in true }) {
        try await pod.create(script: "echo hello")
      }
      try expect(!pod.exists(outside), "nothing behind the link", seen: "a file")
    },
  ]
}

extension LogRecord {
  /// The number that a test's line begins with; -1 if there is none.
  fileprivate var number: Int { Int(String(decoding: text.prefix(7), as: UTF8.self)) ?? -1 }
}
