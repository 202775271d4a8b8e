import Glibc

/// Signals as images and pods write them: `SIGTERM`, `term`, `15`, `SIGRTMIN+3`.
enum SignalName {
  /// The kernel's number; `nil` for what is none.
  static func number(_ text: String) -> Int32? {
    if let number = Int32(text) { return (1...lastRealTime).contains(number) ? number : nil }
    var name = text.uppercased()
    if name.hasPrefix("SIG") { name = String(name.dropFirst(3)) }
    if let number = numbers[name] { return number }
    return realTime(name)
  }

  /// glibc keeps 32 and 33 for itself, and other libraries and Docker count from 34 too.
  private static let firstRealTime: Int32 = 34
  private static let lastRealTime: Int32 = 64

  private static func realTime(_ name: String) -> Int32? {
    if name == "RTMIN" { return firstRealTime }
    if name == "RTMAX" { return lastRealTime }
    for (prefix, base, sign) in [("RTMIN+", firstRealTime, Int32(1)), ("RTMAX-", lastRealTime, -1)] {
      guard name.hasPrefix(prefix), let offset = Int32(name.dropFirst(prefix.count)), (0...30).contains(offset)
      else { continue }
      return base + sign * offset
    }
    return nil
  }

  private static let numbers: [String: Int32] = [
    "HUP": SIGHUP, "INT": SIGINT, "QUIT": SIGQUIT, "ILL": SIGILL, "TRAP": SIGTRAP, "ABRT": SIGABRT, "IOT": SIGABRT,
    "BUS": SIGBUS, "FPE": SIGFPE, "KILL": SIGKILL, "USR1": SIGUSR1, "SEGV": SIGSEGV, "USR2": SIGUSR2,
    "PIPE": SIGPIPE, "ALRM": SIGALRM, "TERM": SIGTERM, "STKFLT": 16, "CHLD": SIGCHLD, "CLD": SIGCHLD,
    "CONT": SIGCONT, "STOP": SIGSTOP, "TSTP": SIGTSTP, "TTIN": SIGTTIN, "TTOU": SIGTTOU, "URG": SIGURG,
    "XCPU": SIGXCPU, "XFSZ": SIGXFSZ, "VTALRM": SIGVTALRM, "PROF": SIGPROF, "WINCH": SIGWINCH, "IO": SIGIO,
    "POLL": SIGIO, "PWR": SIGPWR, "SYS": SIGSYS,
  ]
}
