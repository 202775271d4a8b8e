import Glibc
import PodModel
import RuntimeAPI
import Testing

@testable import PodEngine

/// The lines of a probe: `ACTION SUBJECT OUTCOME`.
struct ProbeLine: Hashable, CustomStringConvertible {
  var action: String
  var subject: String
  var outcome: String
  var description: String { "\(action) \(subject) \(outcome)" }

  init?(_ line: String) {
    let words = line.split(separator: " ", maxSplits: 2).map(String.init)
    guard words.count == 3 else { return nil }
    (action, subject, outcome) = (words[0], words[1], words[2])
  }
}

/// What `payload masked` must find in a container that nothing was added to.
enum Masks {
  /// Tells what the probe did from what its program says otherwise, such as its usage.
  static func isAboutMasks(_ line: ProbeLine) -> Bool {
    let actions = ["read", "list", "write", "create", "remount", "unmount", "change", "mount", "unshare"]
    let outcomes = ["ok", "own", "errno ", "bytes ", "entries "]
    return actions.contains(line.action) && outcomes.contains(where: line.outcome.hasPrefix)
  }

  private static let absent = "errno \(ENOENT)"

  /// Everything in the answer that is wrong. `whileMoving` says that others rename directories above at the same time, so
  /// that anything may be missing.
  static func faults(_ lines: [ProbeLine], whileMoving: Bool = false) -> [String] {
    let gone = [ENOENT, ELOOP, ENOTDIR].map { "errno \($0)" }
    if whileMoving { return lines.filter { !isRight($0) && !gone.contains($0.outcome) }.map(\.description) }
    var faults = lines.filter { !isRight($0) }.map(\.description)
    for path in KernelPaths.masked + KernelPaths.readOnly
    where !lines.contains(where: { $0.subject == path || $0.subject.hasPrefix(path + "/") }) {
      faults.append("nothing was said of \(path)")
    }
    return faults
  }

  private static func isRight(_ line: ProbeLine) -> Bool {
    switch line.action {
    case "read": return [absent, "bytes 0"].contains(line.outcome)
    case "list": return [absent, "entries 0"].contains(line.outcome)
    // A masked directory is no place to write in either. /proc/sys/kernel/modprobe and others need not exist.
    case "write", "create": return [absent, "errno \(EROFS)", "errno \(EACCES)"].contains(line.outcome)
    // Mode and owner of the host's /dev/null must not be the container's to change; where it may ask, it is refused.
    case "change":
      return line.outcome == "own" || [absent, "errno \(EROFS)", "errno \(EPERM)"].contains(line.outcome)
    case "remount", "unmount", "mount", "unshare": return line.outcome == "errno \(EPERM)"
    default: return false
    }
  }
}

extension Sandbox {
  @Suite("BOX-04: masked paths read as empty, read-only paths cannot be written")
  struct MaskTests {
    @Test("BOX-04: as root in the default sandbox, before and after every attempt to remount or unmount")
    func standard() async throws {
      try await probe(.test("box04"), ["/payload", "masked"]) { lines in
        #expect(Masks.faults(lines) == [])
      }
    }

    @Test("BOX-04: with every restriction that a pod can ask for")
    func restricted() async throws {
      try await probe(SandboxProfile.all[1].pod, ["/payload", "masked"]) { lines in
        #expect(Masks.faults(lines) == [])
      }
    }

    @Test("BOX-04: with CAP_SYS_ADMIN added everything is masked, and a user namespace does not get below the masks")
    func administrator() async throws {
      let pod = Pod.test("box04-admin") { $0.containers[0].securityContext.capabilities.add = ["SYS_ADMIN"] }
      try await probe(pod, ["/payload", "masked", "userns"]) { lines in
        // What may be mounted or unshared there is the administrator's own; what is locked stays.
        let relevant = lines.filter { !["mount", "unshare"].contains($0.action) }
        let wrong = relevant.filter { line in
          switch line.action {
          // The device over a masked file is no read-only mount: remounting it so changes nothing, as the reads that
          // follow show.
          case "remount":
            ![EPERM, ENOENT, EINVAL].contains { line.outcome == "errno \($0)" }
              && !(line.outcome == "ok" && KernelPaths.masked.contains(line.subject))
          case "unmount": ![EPERM, ENOENT, EINVAL].contains { line.outcome == "errno \($0)" }
          default: false
          }
        }
        #expect(wrong.map(\.description) == [])
        #expect(Masks.faults(relevant.filter { !["remount", "unmount"].contains($0.action) }) == [])
      }
    }

    @Test(
      "BOX-04: for a process that exec brings in, whose standard input is the host's /dev/null, as for the first one"
    )
    func exec() async throws {
      try await Node.with { node in
        let oracle = try EscapeOracle(node)
        try await node.withSandbox(.test("box04-exec", ["/payload", "sleep"])) { sandbox in
          let container = try await sandbox.start(try await sandbox.configuration())
          let result = try await container.exec(["/payload", "masked"])
          #expect(result.exit.code == 0, "\(result.output)")
          #expect(Masks.faults(result.lines.compactMap(ProbeLine.init)) == [])
          _ = try await container.kill()
        }
        try oracle.verify("probing masks by exec")
      }
    }

    private func probe(_ pod: Pod, _ arguments: [String], _ body: ([ProbeLine]) -> Void) async throws {
      try await Node.with { node in
        let oracle = try EscapeOracle(node)
        let result = try await node.withSandbox(pod) { try await $0.run(arguments) }
        #expect(result.exit.code == 0, "\(result.output)")
        body(result.lines.compactMap(ProbeLine.init))
        try oracle.verify("probing masks")
      }
    }
  }
}
