import CLinux
import Glibc
import Linux
import Networking
import Synchronization

/// What the steps cost. Run in a network namespace of its own: `unshare -n network-child bench STATE NETWORKS COUNT`.
enum Benchmark {
  static func run(_ words: [String]) throws {
    guard words.count == 4, let count = Int(words[3]) else { throw Trouble("COUNT is missing") }
    var series: [(String, [Double])] = []
    func add(_ name: String, _ spent: Double) {
      if let place = series.firstIndex(where: { $0.0 == name }) {
        series[place].1.append(spent)
      } else {
        series.append((name, [spent]))
      }
    }
    func measure<Value>(_ name: String, _ body: () throws -> Value) rethrows -> Value {
      let start = Clock.monotonicNanoseconds()
      let value = try body()
      let spent = Double(Clock.monotonicNanoseconds() - start) / 1000
      add(name, spent)
      return value
    }
    let phases = Phases()
    let network = try measure("open, nothing there") { try NetworkChild.network(words) { phases.reached($0.rawValue) } }
    for _ in 0..<count { _ = try measure("open, all there") { try NetworkChild.network(words) } }
    for durability in [Durability.untilReboot, .synced] {
      let kind = durability == .synced ? "synced" : "until reboot"
      var pods: [(SharedFD, SharedFD)] = []
      for number in 0..<count {
        let pod = try measure("namespace") { try NetworkChild.namespace() }
        // The first and the last twenty show whether the cost stays flat.
        let part = number < 20 ? ", first 20" : number >= count - 20 ? ", last 20" : ""
        phases.begin()
        try measure("attach (\(kind))\(part)") {
          _ = try network.attach(
            pod: "pod-\(number)",
            namespace: pod.0.raw,
            inside: pod.1.raw,
            durability: durability
          )
        }
        phases.reached("carrier")
        if durability == .untilReboot, !part.isEmpty {
          for (name, spent) in phases.all { add("  \(name)\(part)", spent) }
        }
        try measure("first answer from the host") { try firstAnswer(pod.0.raw, network, "pod-\(number)") }
        pods.append(pod)
      }
      if durability == .synced {
        for number in 0..<count / 2 { try measure("detach, cable now") { try network.detach(pod: "pod-\(number)") } }
      }
      for number in 0..<count {
        try measure("detach, cable with its namespace") {
          try network.detach(pod: "pod-\(number)", cable: .withNamespace)
        }
      }
      withExtendedLifetime(pods) {}
    }
    try measure("tear down") { try network.tearDown() }
    NetworkChild.write("pods whose first packet was lost: \(lost)")
    for (name, values) in series {
      let sorted = values.sorted()
      let (median, high) = (sorted[sorted.count / 2], sorted[sorted.count * 99 / 100])
      NetworkChild.write("\(name): median \(Int(median)) us, p99 \(Int(high)) us (\(sorted.count))")
    }
  }

  /// Sends to the host until something comes back: a packet that is lost at the start of a pod costs it a second.
  private static func firstAnswer(_ namespace: Int32, _ network: PodNetwork, _ uid: String) throws {
    guard let pod = try network.address(of: uid) else { throw Trouble("no address") }
    let host = try Datagrams.bound(to: "0.0.0.0", port: 7)
    let home = try openAt(AT_FDCWD, "/proc/thread-self/ns/net", O_RDONLY)
    try check("setns") { lx_setns(namespace, Int32(LX_CLONE_NEWNET)) }
    let inside = try Datagrams.bound(to: "\(pod.address)", port: 8)
    try check("setns") { lx_setns(home.raw, Int32(LX_CLONE_NEWNET)) }
    for attempt in 0..<10_000 {
      try Datagrams.send(inside, to: "\(pod.gateway)", port: 7)
      if try Datagrams.arrives(host, milliseconds: 0) {
        if attempt > 0 { lost += 1 }
        break
      }
      usleep(100)
    }
    close(host)
    close(inside)
  }

  // One thread.
  nonisolated(unsafe) private static var lost = 0
}

/// How long an attachment took from one step to the next, in microseconds.
private final class Phases: Sendable {
  private let state = Mutex<(last: Int64, all: [(String, Double)])>((0, []))

  var all: [(String, Double)] { state.withLock { $0.all } }

  func begin() { state.withLock { $0 = (Clock.monotonicNanoseconds(), []) } }

  func reached(_ step: String) {
    state.withLock { state in
      let now = Clock.monotonicNanoseconds()
      state.all.append((step, Double(now - state.last) / 1000))
      state.last = now
    }
  }
}
