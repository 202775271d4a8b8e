import ArchiveTestKit
import Cgroups
import Foundation
import Glibc
import Linux
import Testing

extension Crashes {
  /// Real `swiftlet run` processes and their supervisors, killed at moments drawn from a whole life.
  @Suite(
    "Kill -9 of swiftlet run and of its supervisor leaves nothing after the next command",
    .disabled(if: Requirements.systemd, "needs a machine without systemd")
  )
  struct Foreground {
    enum Victim: String, CaseIterable, Sendable {
      case owner = "swiftlet run"
      case supervisor = "the supervisor"
      case both = "swiftlet run and the supervisor"
    }

    /// Starts, lives for a moment, and ends by itself: all of it is one life.
    private static let life = "trap 'exit 0' TERM; sleep 0.02"

    @Test("at any moment", arguments: Victim.allCases)
    func anyMoment(_ victim: Victim) throws {
      let node = try ForegroundNode()
      let whole = try length(of: node)
      var generator = Draw(seed: Scale.seed)
      let count = (victim == .both ? 15 : 50) * Scale.factor
      for number in 0..<count {
        let moment = whole * (Double(number) + Double.random(in: 0..<1, using: &generator)) / Double(count)
        try once(node, victim, moment)
      }
    }

    /// Seconds from the first instruction of swiftlet to the last.
    private func length(of node: ForegroundNode) throws -> Double {
      var longest = 0.0
      for _ in 0..<3 {
        let manifest = try node.manifest(Self.life)
        let began = Clock.monotonicNanoseconds()
        let status = try node.command(["run", "-o", "json", "-f", manifest.file])
        longest = max(longest, Double(Clock.monotonicNanoseconds() - began) / 1e9)
        try #require(status == .exited(0), "\(node.text("err"))")
        #expect(try node.oracle(beforeNextCommand: true).settle() == [])
      }
      return longest
    }

    private func once(_ node: ForegroundNode, _ victim: Victim, _ moment: Double) throws {
      let manifest = try node.manifest(Self.life)
      let place = "\(victim.rawValue) after \(Int(moment * 1e6)) us (SEED=\(Scale.seed))"
      let owner = try node.spawn(["run", "-o", "json", "-f", manifest.file])
      var supervisor: Int32?
      if victim == .owner {
        usleep(UInt32(moment * 1e6))
      } else {
        let began = Clock.monotonicNanoseconds()
        supervisor = try node.supervisor(of: manifest.uid, seconds: 5)
        let passed = Double(Clock.monotonicNanoseconds() - began) / 1e9
        // The first part of the life is before there is a supervisor: those moments hit its first steps.
        usleep(UInt32(max(0, moment - passed) * 1e6))
      }
      if let supervisor { kill(supervisor, SIGKILL) }
      if victim != .supervisor { kill(owner, SIGKILL) }
      let status = try ForegroundNode.wait(owner)
      if victim == .supervisor { check(node, status, place) }
      let gone = try node.processesGone(seconds: 5)
      #expect(gone.left == [], "\(place)")
      let next = try node.command(["image", "list"])
      #expect(next == .exited(0), "\(place): \(node.text("err"))")
      var oracle = node.oracle()
      oracle.pods = [manifest.uid]
      #expect(try oracle.settle() == [], "\(place)")
    }

    /// What swiftlet says of a pod whose supervisor was killed.
    private func check(_ node: ForegroundNode, _ status: Linux.ExitStatus, _ place: String) {
      let json = node.text("out")
      #expect(!json.contains("OOMKilled"), "\(place)")
      guard case .exited(let code) = status else {
        Issue.record("\(place): swiftlet ended with \(status): \(node.text("err"))")
        return
      }
      // 0: it had ended; 137: nobody knows how it ended; 125: there was no pod yet.
      #expect([0, 137, 125].contains(code), "\(place): \(code): \(node.text("err"))")
      if code == 137 { #expect(json.contains("\"ContainerStatusUnknown\""), "\(place): \(json)") }
    }

    @Test("a pod whose owner is killed ends gracefully")
    func graceful() async throws {
      let node = try ForegroundNode()
      // The sleep is in the background, because a shell acts on a signal when its foreground child has ended.
      let script = "trap 'sleep 0.5; echo graceful; exit 0' TERM; echo ready; sleep 1000 & wait"
      let (owner, _, log) = try await start(script, grace: 2, on: node)
      kill(owner, SIGKILL)
      _ = try ForegroundNode.wait(owner)
      let gone = try node.processesGone(seconds: 5)
      #expect(gone.left == [])
      #expect(gone.milliseconds < 2900, "its grace period is 2 s")
      #expect(try text(log).contains("graceful"))
      #expect(try node.command(["image", "list"]) == .exited(0))
      #expect(try node.oracle().settle() == [])
    }

    @Test("a pod that does not listen ends with its grace period")
    func stubborn() async throws {
      let node = try ForegroundNode()
      let script = "trap '' TERM; echo ready; while true; do sleep 1; done"
      let owner = try await start(script, grace: 1, on: node).owner
      kill(owner, SIGKILL)
      _ = try ForegroundNode.wait(owner)
      #expect(try node.processesGone(seconds: 5).left == [])
      #expect(try node.command(["image", "list"]) == .exited(0))
      #expect(try node.oracle().settle() == [])
    }

    @Test(
      "a supervisor that somebody stopped before its owner died is ended with its pod by the next command",
      arguments: ["stopped", "frozen"]
    )
    func stopped(_ how: String) async throws {
      let node = try ForegroundNode()
      let (owner, manifest, _) = try await start("echo ready; sleep 1000", grace: 2, on: node)
      let supervisor = try Required.value(try node.supervisor(of: manifest.uid))
      let cgroup = PodCgroup(node.places.hierarchy, pod: manifest.uid).path
      if how == "stopped" {
        kill(supervisor, SIGSTOP)
      } else {
        try writeKernelFile(AT_FDCWD, cgroup + "/cgroup.freeze", "1")
      }
      try await Task.sleep(nanoseconds: 100_000_000)
      kill(owner, SIGKILL)
      _ = try ForegroundNode.wait(owner)
      #expect(try ProcessIdentity(of: supervisor).isRunning, "nothing ends it by itself, or this proves nothing")
      let began = Clock.monotonicNanoseconds()
      #expect(try node.command(["image", "list"]) == .exited(0))
      #expect(Clock.monotonicNanoseconds() - began < 2_000_000_000, "nobody waits for it")
      #expect(node.text("err") == "")
      #expect(try node.oracle().settle() == [])
    }

    @Test("a supervisor that goes on in time is not taken for one that was stopped")
    func stoppedForAMoment() async throws {
      let node = try ForegroundNode()
      let script = "trap 'sleep 0.5; echo graceful; exit 0' TERM; echo ready; sleep 1000 & wait"
      let (owner, manifest, log) = try await start(script, grace: 2, on: node)
      let supervisor = try Required.value(try node.supervisor(of: manifest.uid))
      kill(owner, SIGKILL)
      _ = try ForegroundNode.wait(owner)
      let next = try node.spawn(["image", "list"])
      for _ in 0..<200 {
        kill(supervisor, SIGSTOP)
        usleep(500)
        kill(supervisor, SIGCONT)
        usleep(500)
      }
      #expect(try ForegroundNode.wait(next) == .exited(0))
      #expect(try node.processesGone(seconds: 5).left == [])
      #expect(try text(log).contains("graceful"))
      #expect(try node.command(["image", "list"]) == .exited(0))
      #expect(try node.oracle().settle() == [])
    }

    @Test("the network goes with the last pod, whenever swiftlet run is killed on its way out")
    func wayOut() throws {
      let node = try ForegroundNode()
      let whole = try length(of: node)
      var generator = Draw(seed: Scale.seed)
      for _ in 0..<(15 * Scale.factor) {
        // The last third, where the network is taken down.
        try once(node, .owner, whole * Double.random(in: 0.66...1.05, using: &generator))
      }
    }

    @Test("a supervisor killed under a running container is reported as an unknown end, never as want of memory")
    func reported() async throws {
      let node = try ForegroundNode()
      let manifest = try node.manifest("echo ready; sleep 1000")
      let owner = try node.spawn(["run", "-o", "json", "-f", manifest.file])
      try await wait(for: "ready", in: node.places.state + "/logs/default_crash_\(manifest.uid)/c/0.log")
      let supervisor = try Required.value(try node.supervisor(of: manifest.uid))
      kill(supervisor, SIGKILL)
      #expect(try ForegroundNode.wait(owner) == .exited(137))
      let json = node.text("out")
      #expect(
        json.contains("\"reason\" : \"ContainerStatusUnknown\"") && json.contains("\"exitCode\" : 137"),
        "\(json)"
      )
      #expect(!json.contains("OOMKilled"))
      // Nothing is left for a next command: the owner lives.
      #expect(try node.oracle(beforeNextCommand: true).settle() == [])
      #expect(try node.command(["image", "list"]) == .exited(0))
      #expect(try node.oracle().settle() == [])
    }

    /// Runs a pod until it is ready.
    private func start(
      _ script: String,
      grace: Int,
      on node: ForegroundNode
    ) async throws -> (owner: Int32, manifest: ForegroundNode.Manifest, log: String) {
      let manifest = try node.manifest(script, grace: grace)
      let owner = try node.spawn(["run", "-f", manifest.file])
      let log = node.places.state + "/logs/default_crash_\(manifest.uid)/c/0.log"
      try await wait(for: "ready", in: log)
      return (owner, manifest, log)
    }

    private func wait(for word: String, in file: String) async throws {
      for _ in 0..<2000 {
        if try text(file).contains(word) { return }
        try await Task.sleep(nanoseconds: 5_000_000)
      }
      throw Required.Missing(description: "\(word) in \(file)")
    }

    private func text(_ file: String) throws -> String {
      // Not there yet.
      (try? readRegularFile(AT_FDCWD, file, limit: 1 << 20)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
  }
}
