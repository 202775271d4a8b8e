import Cgroups
import Foundation
import Glibc
import RuntimeAPI
import Testing

extension Crashes {
  /// ORD-01: the rules of the order in which a container is started, read from the system calls themselves.
  @Suite("System calls before execve come in the order that keeps the sandbox whole")
  struct Order {
    static func boxes(_ arguments: [String]) throws -> [Box] {
      [
        try .standard(arguments), try .standard(arguments, noNewPrivileges: true), try .restricted(arguments),
        try .ambient(arguments),
      ]
    }

    @Test("of a container", arguments: try boxes(["/bin/payload", "exit", "0"]))
    func container(_ box: Box) async throws {
      let node = try Node()
      let early = Early(node)
      let attempt = try await Attempt.make(node, box) { call in
        early.look(call)
        return .proceed
      }
      guard case .ended(let exit, _) = attempt.outcome else {
        Issue.record("\(attempt.outcome)")
        return
      }
      #expect(exit.outcome == .exited(code: 0))
      #expect(attempt.traces == [])
      #expect(early.cgroupsBeforeClone == ["c.0 is there and empty"])
      let clone = attempt.calls.first { $0.caller == .supervisor && $0.name == "clone3" }
      // CLONE_NEWPID, CLONE_NEWCGROUP, CLONE_NEWNS, CLONE_PIDFD, CLONE_CLEAR_SIGHAND and CLONE_INTO_CGROUP.
      #expect((clone?.flags ?? 0) & 0x3_2202_1000 == 0x3_2202_1000, "\(clone.map(\.description) ?? "no clone3")")
      let rules = OrderRules(attempt.calls.filter { $0.caller == .child(0) })
      #expect(rules.firstHalf() == [])
      #expect(rules.filesystem() == [])
      #expect(rules.secondHalf(box, waits: true) == [])
    }

    @Test("of a session in a container", arguments: try boxes(["/bin/payload", "sleep"]))
    func session(_ box: Box) async throws {
      let attempt = try await Attempt.make(try Node(), box, .exec)
      guard case .ended(let exit, _) = attempt.outcome else {
        Issue.record("\(attempt.outcome)")
        return
      }
      #expect(exit.outcome == .exited(code: 0))
      #expect(attempt.traces == [])
      let helper = OrderRules(attempt.calls.filter { $0.caller == .child(0) })
      #expect(helper.sessionHelper() == [])
      let session = OrderRules(attempt.calls.filter { $0.caller == .child(1) })
      #expect(session.sessionFirstHalf() == [])
      #expect(session.secondHalf(box, waits: false) == [])
    }
  }
}

/// What was there at the moment of the clone.
private final class Early: @unchecked Sendable {
  // Written by the tracer's thread while the container starts, read when it has ended.
  private(set) var cgroupsBeforeClone: [String] = []
  private let node: Node

  init(_ node: Node) { self.node = node }

  /// R5 before R6: the cgroup with everything in it is there before anybody can run in it.
  func look(_ call: TracedCall) {
    guard call.caller == .supervisor, call.name == "clone3" else { return }
    let base = node.places.hierarchy.path()
    guard let pods = opendir(base) else { return }
    defer { closedir(pods) }
    while let entry = readdir(pods) {
      let pod = withUnsafePointer(to: entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard pod.hasPrefix("pod-") else { continue }
      let text = (try? String(contentsOfFile: "\(base)/\(pod)/c.0/cgroup.procs", encoding: .utf8))
      cgroupsBeforeClone.append(text.map { $0.isEmpty ? "c.0 is there and empty" : "c.0 has \($0)" } ?? "no c.0")
    }
  }
}
