import Glibc
import Linux

/// Why a test could not be carried out, which is a failure and never a reason to skip it.
struct Trouble: Error, CustomStringConvertible {
  var description: String
  init(_ description: String) { self.description = description }
}

/// A program that runs, ended with its owner.
final class Running: Sendable {
  let pid: Int32
  private let process: SharedFD
  private let input: SharedFD
  private let output: SharedFD

  init(_ path: String, _ arguments: [String]) throws {
    let stdin = try Pipe()
    let stdout = try Pipe()
    let name = path.split(separator: "/").last.map(String.init) ?? path
    pid = try spawnProgram(
      path,
      arguments: [name] + arguments,
      environment: ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C"],
      descriptors: [stdin.reader.raw, stdout.writer.raw, stdout.writer.raw]
    )
    process = SharedFD(try PidFD.open(pid))
    // Copies: the pipes close what they have, the child's ends among it.
    input = SharedFD(try stdin.writer.duplicate())
    output = SharedFD(try stdout.reader.duplicate())
  }

  /// What it prints next.
  func read() throws -> String { String(decoding: try readSome(output.raw, capacity: 1 << 16), as: UTF8.self) }

  /// Waits for a line.
  func await(_ line: String) throws {
    var text = ""
    while !text.contains(line) {
      let more = try read()
      if more.isEmpty { throw Trouble("it ended before it said '\(line)': \(text)") }
      text += more
    }
  }

  func kill() { try? PidFD.signal(process.raw, SIGKILL) }

  /// What it prints until it ends, and how it ended.
  func finish() throws -> (status: ExitStatus?, output: String) {
    let bytes = try readAll(output.raw, limit: 16 << 20)
    guard try PidFD.waitForEnd(process.raw, milliseconds: 60_000) else { throw Trouble("it does not end") }
    return (try PidFD.reap(process.raw), String(decoding: bytes, as: UTF8.self))
  }

  deinit {
    kill()
    _ = try? PidFD.waitForEnd(process.raw, milliseconds: 10_000)
    _ = try? PidFD.reap(process.raw)
  }
}
