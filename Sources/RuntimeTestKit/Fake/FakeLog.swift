import Glibc
import RuntimeAPI

/// Log records as the Container Runtime Interface defines them.
enum FakeLog {
  static func records(_ lines: [ContainerScript.OutputLine], at time: WallTime) -> String {
    lines.map { "\(timestamp(time)) \($0.isError ? "stderr" : "stdout") F \($0.text)\n" }.joined()
  }

  private static func timestamp(_ time: WallTime) -> String {
    var seconds = time_t(time.seconds)
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func pad(_ value: some BinaryInteger, _ width: Int = 2) -> String {
      let text = String(value)
      return String(repeating: "0", count: max(0, width - text.count)) + text
    }
    let date = "\(parts.tm_year + 1900)-\(pad(parts.tm_mon + 1))-\(pad(parts.tm_mday))"
    let clock = "\(pad(parts.tm_hour)):\(pad(parts.tm_min)):\(pad(parts.tm_sec))"
    return "\(date)T\(clock).\(pad(time.nanoseconds, 9))Z"
  }
}

func append(_ text: String, to path: String) throws(RuntimeError) {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
  guard descriptor >= 0 else { throw .failed(step: "open", errno: errno, detail: path) }
  defer { close(descriptor) }
  var rest = Array(text.utf8)[...]
  while !rest.isEmpty {
    let written = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    guard written > 0 else { throw .failed(step: "write", errno: errno, detail: path) }
    rest = rest.dropFirst(written)
  }
}
