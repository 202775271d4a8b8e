import Glibc
import PodModel
import RuntimeAPI
import Testing

extension Sandbox {
  @Suite("BOX-05: only the default devices can be used, whoever may make nodes")
  struct DeviceTests {
    /// What device control allows to be opened: null, zero, full, random, urandom, tty, console, ptmx, terminals.
    private static let allowed: Set<String> = [
      "c 1:3", "c 1:5", "c 1:7", "c 1:8", "c 1:9", "c 5:0", "c 5:1", "c 5:2", "c 136:0",
    ]

    struct Row {
      var number: String
      var made: String
      var read: String
      var write: String

      /// `TYPE MAJOR:MINOR mknod OUTCOME read OUTCOME write OUTCOME`.
      init(_ line: String) throws {
        let halves = line.components(separatedBy: [" mknod ", " read ", " write "])
        guard halves.count == 4 else { throw Trouble("the probe said: \(line)") }
        (number, made, read, write) = (halves[0], halves[1], halves[2], halves[3])
      }
    }

    private func matrix(_ pod: Pod, _ arguments: [String]) async throws -> [Row] {
      var rows: [Row] = []
      try await Node.with { node in
        let oracle = try EscapeOracle(node)
        let result = try await node.withSandbox(pod) { try await $0.run(arguments) }
        #expect(result.exit.code == 0, "\(result.output)")
        rows = try result.lines.map(Row.init)
        try oracle.verify("probing devices")
      }
      #expect(rows.count >= 20)
      return rows
    }

    @Test("BOX-05: without CAP_MKNOD no node can be made, and only those of /dev can be opened")
    func standard() async throws {
      let usable: Set<String> = ["c 1:3", "c 1:5", "c 1:7", "c 1:8", "c 1:9", "c 5:2"]
      for row in try await matrix(.test("box05"), ["/payload", "devices"]) {
        #expect(row.made == "errno \(EPERM)", "\(row.number)")
        // Without a terminal /dev/tty is there and leads nowhere.
        let expected = usable.contains(row.number) ? "ok" : row.number == "c 5:0" ? "errno \(ENXIO)" : "errno \(ENOENT)"
        let absent = row.read == "absent" && row.write == "absent"
        #expect(absent || (row.read == expected && row.write == expected), "\(row)")
      }
    }

    @Test("BOX-05: with CAP_MKNOD any node can be made, and on the root none can be opened")
    func onTheRoot() async throws {
      let pod = Pod.test("box05-mknod") { $0.containers[0].securityContext.capabilities.add = ["MKNOD"] }
      for row in try await matrix(pod, ["/payload", "devices"]) {
        #expect(row.made == "ok", "\(row.number)")
        #expect(row.read == "errno \(EACCES)" && row.write == "errno \(EACCES)", "nodev: \(row)")
      }
    }

    @Test("BOX-05: with CAP_MKNOD and a place without nodev, device control refuses all but the default devices")
    func deviceControl() async throws {
      let pod = Pod.test("box05-control") { $0.containers[0].securityContext.capabilities.add = ["MKNOD"] }
      for row in try await matrix(pod, ["/payload", "devices", "/dev/.nodes"]) {
        #expect(row.made == "ok", "\(row.number)")
        if Self.allowed.contains(row.number) {
          #expect(row.read != "errno \(EPERM)" && row.write != "errno \(EPERM)", "\(row)")
        } else {
          #expect(row.read == "errno \(EPERM)" && row.write == "errno \(EPERM)", "\(row)")
        }
      }
    }

    @Test("BOX-05: for a user that is not root the same holds")
    func user() async throws {
      for row in try await matrix(SandboxProfile.all[1].pod, ["/payload", "devices"]) {
        #expect(row.made == "errno \(EPERM)", "\(row.number)")
      }
    }
  }
}

extension String {
  /// The parts between the separators, which must occur in this order.
  fileprivate func components(separatedBy separators: [String]) -> [String] {
    var parts: [String] = []
    var rest = Substring(self)
    for separator in separators {
      guard let range = rest.firstRange(of: separator) else { return parts }
      parts.append(String(rest[..<range.lowerBound]))
      rest = rest[range.upperBound...]
    }
    return parts + [String(rest)]
  }
}
