import Glibc
import Linux
import Testing

/// The `payload` program, which is built beside the tests.
enum PayloadProgram {
  static func path() throws -> String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let length = readlink("/proc/self/exe", &buffer, buffer.count)
    let own = String(decoding: buffer.prefix(max(length, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let folder = own.split(separator: "/").dropLast().joined(separator: "/")
    return "/" + folder + "/payload"
  }

  /// Runs it to its end; standard output as text. What it writes to standard error goes to the tests' own.
  static func run(_ arguments: [String]) throws -> (output: String, status: Linux.ExitStatus) {
    let (pidfd, reader) = try start(arguments)
    let output = String(decoding: try readAll(reader.raw, limit: 8 << 20), as: UTF8.self)
    #expect(try PidFD.waitForEnd(pidfd.raw, milliseconds: 60_000))
    return (output, try #require(try PidFD.reap(pidfd.raw)))
  }

  /// The writing end belongs to the program alone when this returns, so that its end is the end of file.
  static func start(_ arguments: [String]) throws -> (pidfd: SharedFD, output: SharedFD) {
    let pipe = try Pipe()
    let reader = SharedFD(try pipe.reader.duplicate())
    let pid = try spawnProgram(
      try path(),
      arguments: ["payload"] + arguments,
      environment: ["NAME=v\u{1}\"\\"],
      descriptors: [-1, pipe.writer.raw, 2]
    )
    return (SharedFD(try PidFD.open(pid)), reader)
  }
}
