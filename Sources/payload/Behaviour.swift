import CPayload
import Glibc
import Linux

/// Processes that end, print, wait or eat in a known way.
enum Behaviour {
  static func die(by signal: Int) throws {
    guard (1...64).contains(signal) else { throw Payload.Failure(text: "signal \(signal) does not exist\n", status: 2) }
    pl_die(Int32(signal))
    // Init of a pid namespace does not get signals that it sends itself.
    throw Payload.Failure(text: "signal \(signal) was not delivered: this process is init\n", status: 125)
  }

  static func print(_ count: Int, _ words: [String], streams: [Int32]) throws {
    let text = words.isEmpty ? "" : " " + words.joined(separator: " ")
    var pending = ""
    for index in 0..<count {
      if streams.count > 1 {
        try Output.write(streams[index % streams.count], "\(index)\(text)\n")
      } else {
        pending += "\(index)\(text)\n"
        if pending.utf8.count > 32_768 {
          try Output.write(streams[0], pending)
          pending = ""
        }
      }
    }
    try Output.write(streams[0], pending)
  }

  /// Negative means for ever.
  static func sleep(seconds: Int) {
    let end = Clock.monotonicNanoseconds() + Int64(seconds) * 1_000_000_000
    while true {
      let left = end - Clock.monotonicNanoseconds()
      if seconds >= 0 && left <= 0 { return }
      var time = timespec(tv_sec: 3600, tv_nsec: 0)
      if seconds >= 0 { time = timespec(tv_sec: Int(left / 1_000_000_000), tv_nsec: Int(left % 1_000_000_000)) }
      nanosleep(&time, nil)
    }
  }

  static func ignoreTermination(seconds: Int) throws {
    for signal in [SIGTERM, SIGINT, SIGHUP, SIGQUIT] where pl_ignore(signal) < 0 { throw SyscallError("signal", errno) }
    try Output.line("ready")
    sleep(seconds: seconds)
  }

  static func takeMemory(mebibytes: Int) throws {
    for taken in 1...max(mebibytes, 1) {
      guard let memory = mmap(nil, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
        memory != MAP_FAILED
      else { throw SyscallError("mmap", errno) }
      pl_touch(memory, 1 << 20)
      if taken % 16 == 0 { try Output.line("touched \(taken)") }
    }
    try Output.line("touched all")
    sleep(seconds: -1)
  }
}
