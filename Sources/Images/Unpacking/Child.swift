import Glibc
import Linux
import UnpackPlan

/// The confined child as its parent sees it.
struct Child: ~Copyable {
  private let pidfd: OwnedFD
  private let report: OwnedFD
  private let limits: UnpackLimits

  init(pid: Int32, report: consuming OwnedFD, limits: UnpackLimits) throws(ImageStoreError) {
    let opened: OwnedFD
    do throws(SyscallError) {
      opened = try PidFD.open(pid)
    } catch {
      // Not reaped yet, so the number is still this child's.
      Glibc.kill(pid, SIGKILL)
      waitpid(pid, nil, 0)
      throw .system("pidfd_open", error)
    }
    pidfd = opened
    self.report = report
    self.limits = limits
  }

  /// Reads until the child closes its end.
  ///
  /// - Throws: `cancelled`; `unpack` when time is up; `unpacker` when the report is too long to be one.
  func readReport(
    seconds: Int64,
    cancellation: Cancellation
  ) throws(ImageStoreError) -> [UInt8] {
    let end = Self.now() &+ seconds &* 1000
    let pipe = report.raw
    var bytes: [UInt8] = []
    while true {
      var entries = [
        pollfd(fd: pipe, events: Int16(POLLIN), revents: 0),
        pollfd(fd: cancellation.descriptor.raw, events: Int16(POLLIN), revents: 0),
      ]
      let wait = Int32(clamping: max(0, end &- Self.now()))
      let ready = try step("poll") { () throws(SyscallError) in try check("poll") { poll(&entries, 2, wait) } }
      if entries[1].revents != 0 { throw .cancelled }
      if ready == 0 {
        throw .unpack(UnpackFailure(.died, "unpacking took longer than \(seconds) seconds"))
      }
      let more = try step("report") { () throws(SyscallError) in try readSome(pipe, capacity: 64 << 10) }
      if more.isEmpty { return bytes }
      bytes += more
      guard bytes.count <= UnpackReport.limit else { throw .unpacker("swiftlet-unpack reports more than it may") }
    }
  }

  /// Ends the child and waits until it is gone.
  func kill() throws(ImageStoreError) {
    try step("kill") { () throws(SyscallError) in try PidFD.signal(pidfd.raw, SIGKILL) }
    _ = try wait(milliseconds: -1)
  }

  /// How long a child may take to exit after it closed its report, in milliseconds.
  private static let patience: Int32 = 10_000

  /// What became of it: its report, if it ended as one that reports does.
  func result(_ bytes: [UInt8]) throws(ImageStoreError) -> UnpackReport {
    guard let status = try wait(milliseconds: Self.patience) else {
      try kill()
      throw .unpacker("swiftlet-unpack closed its report and did not end")
    }
    if case .signaled(let signal) = status { throw .unpack(UnpackFailure(.died, reason(signal))) }
    let message: UnpackMessage
    do throws(UnpackMessageError) { message = try UnpackMessage(parsing: bytes) } catch {
      throw .unpacker("swiftlet-unpack ended with \(status) and reported what cannot be read: \(error)")
    }
    switch (message, status) {
    case (.done(let report), .exited(0)): return report
    case (.failed(let failure), .exited(1)): throw .unpack(failure)
    default: throw .unpacker("swiftlet-unpack ended with \(status), which is not what it reported")
    }
  }

  /// Reaps the child if it ends in time.
  private func wait(milliseconds: Int32) throws(ImageStoreError) -> ExitStatus? {
    try step("waiting for swiftlet-unpack") { () throws(SyscallError) in
      guard try PidFD.waitForEnd(pidfd.raw, milliseconds: milliseconds) else { return nil }
      return try PidFD.reap(pidfd.raw)
    }
  }

  private func reason(_ signal: Int32) -> String {
    switch signal {
    // The kernel's answer to RLIMIT_CPU is SIGKILL where soft and hard limit are the same.
    case SIGXCPU, SIGKILL:
      "unpacking was killed: for more than \(limits.cpuSeconds) seconds of processor time, for lack of memory on this"
        + " machine, or by somebody"
    case SIGSYS: "unpacking was killed: the archive made it call the kernel for what unpacking never needs"
    case SIGILL, SIGABRT, SIGTRAP, SIGSEGV, SIGBUS:
      "unpacking crashed (signal \(signal)): it may use \(limits.memoryBytes) bytes of memory"
    default: "unpacking was killed by signal \(signal)"
    }
  }

  private static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) &* 1000 &+ Int64(time.tv_nsec) / 1_000_000
  }
}
