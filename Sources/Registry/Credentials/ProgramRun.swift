import Glibc
import Linux

/// One run of a program that reads a question and writes an answer, bounded in time and size.
struct ProgramRun: Sendable {
  let path: String
  let arguments: [String]
  let environment: [String]
  let milliseconds: Int64

  /// The most bytes of an answer.
  static let greatestAnswer = 1 << 20
  /// What it says on the side is kept so far.
  private static let greatestSaying = 4_096

  /// Blocks until the program has ended. One that is not done in time, or says too much, is killed.
  ///
  /// - Parameter question: At most as long as a pipe holds (64 KiB), so that writing it never waits.
  func answer(_ question: [UInt8]) throws(CredentialError) -> [UInt8] {
    let outcome: (answer: [UInt8], saying: [UInt8], status: ExitStatus?)?
    do throws(SyscallError) { outcome = try run(question) } catch {
      throw CredentialError("\(path): cannot be run: \(error)")
    }
    guard let outcome else {
      throw CredentialError(
        "\(path): did not answer within \(milliseconds / 1000) s, or with more than \(Self.greatestAnswer) bytes"
      )
    }
    guard outcome.status == .exited(0) else {
      let text = String(decoding: outcome.saying, as: UTF8.self).shortened
      throw CredentialError("\(path): failed (\(Self.words(outcome.status)))\(text.isEmpty ? "" : ": " + text)")
    }
    return outcome.answer
  }

  private static func words(_ status: ExitStatus?) -> String {
    switch status {
    case .exited(let code)?: "exit code \(code)"
    case .signaled(let signal)?: "signal \(signal)"
    case nil: "its end was not seen"
    }
  }

  /// nil if it had to be killed.
  private func run(
    _ question: [UInt8]
  ) throws(SyscallError) -> (answer: [UInt8], saying: [UInt8], status: ExitStatus?)? {
    let (process, output, saying) = try start(question)
    defer { withExtendedLifetime((output, saying)) {} }
    do throws(SyscallError) { return try collect(process.raw, output.raw, saying.raw) } catch {
      try PidFD.signal(process.raw, SIGKILL)
      _ = try PidFD.waitForEnd(process.raw, milliseconds: -1)
      _ = try PidFD.reap(process.raw)
      throw error
    }
  }

  private func collect(
    _ process: Int32,
    _ outputEnd: Int32,
    _ sayingEnd: Int32
  ) throws(SyscallError) -> (answer: [UInt8], saying: [UInt8], status: ExitStatus?)? {
    var answer: [UInt8]? = []
    var said: [UInt8] = []
    let deadline = Clock.monotonicNanoseconds() + milliseconds * 1_000_000
    var open: Set<Int32> = [outputEnd, sayingEnd]
    while !open.isEmpty, answer != nil {
      let rest = (deadline - Clock.monotonicNanoseconds()) / 1_000_000
      guard rest > 0, let ready = try Self.ready(open, milliseconds: rest) else {
        answer = nil
        break
      }
      for descriptor in ready {
        let bytes = try readSome(descriptor, capacity: 65_536)
        if bytes.isEmpty { open.remove(descriptor) }
        if descriptor == sayingEnd {
          said += bytes.prefix(Self.greatestSaying - said.count)
        } else if let before = answer {
          answer = before.count + bytes.count <= Self.greatestAnswer ? before + bytes : nil
        }
      }
    }
    // Whoever has closed both may still run on.
    let rest = max(0, (deadline - Clock.monotonicNanoseconds()) / 1_000_000)
    var hasEnded = answer != nil
    if hasEnded { hasEnded = try PidFD.waitForEnd(process, milliseconds: Int32(clamping: rest)) }
    if !hasEnded { try PidFD.signal(process, SIGKILL) }
    _ = try PidFD.waitForEnd(process, milliseconds: -1)
    let status = try PidFD.reap(process)
    guard hasEnded, let answer else { return nil }
    return (answer, said, status)
  }

  private func start(
    _ question: [UInt8]
  ) throws(SyscallError) -> (process: SharedFD, output: SharedFD, saying: SharedFD) {
    let input = try Pipe()
    let output = try Pipe()
    let saying = try Pipe()
    try writeAll(input.writer.raw, question)
    let pid = try spawnProgram(
      path,
      arguments: [path] + arguments,
      environment: environment,
      descriptors: [input.reader.raw, output.writer.raw, saying.writer.raw]
    )
    return (SharedFD(try PidFD.open(pid)), SharedFD(output.reader), SharedFD(saying.reader))
  }

  /// Descriptors with something to read; nil when time is up.
  private static func ready(_ open: Set<Int32>, milliseconds: Int64) throws(SyscallError) -> [Int32]? {
    var entries = open.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    let count = try check("poll") { poll(&entries, nfds_t(entries.count), Int32(clamping: milliseconds)) }
    return count == 0 ? nil : entries.filter { $0.revents != 0 }.map(\.fd)
  }
}
