import ArchiveTestKit
import Cgroups
import Glibc
import Linux
import NativeRuntime
import ShimClient
import StateStore
import Testing

extension Crashes {
  /// What a crash between two steps of a claim leaves, made by hand, because the steps are too short to be hit.
  @Suite("A claim that broke off half-way is removed by the next command")
  struct Claims {
    /// How far it came.
    enum Step: String, CaseIterable, Sendable {
      case directory = "the directory was made"
      case lock = "the owner's lock was made"
      case temporary = "the record was being written"
      case record = "the record was written"
      case layers = "the writable layer was made"
      case podCgroup = "the pod's cgroup was made"
      case leaf = "the supervisor's leaf was made"
      case container = "a container's cgroup was made"
      case otherBoot = "the machine was restarted"
    }

    @Test("when", arguments: Step.allCases)
    func half(_ step: Step) throws {
      let node = try Node()
      let uid = "crash-\(UInt32.random(in: 1...UInt32.max))"
      node.note(uid)
      let directory = PodDirectory(runDirectory: node.places.run, pod: uid)
      try ensureDirectories(directory.path, mode: 0o700)
      try make(step, node, directory)
      let outcomes = try AbandonedPods.remove(runDirectory: node.places.run)
      #expect(outcomes.compactMap(\.problem) == [])
      #expect(try LeakOracle(places: node.places).settle() == [])
    }

    /// A function of its own: the descriptor of the directory goes when it returns.
    private func make(_ step: Step, _ node: Node, _ directory: PodDirectory) throws {
      let uid = directory.pod
      let opened = try directory.open()
      func reaches(_ other: Step) -> Bool {
        (Step.allCases.firstIndex(of: step) ?? 0) >= (Step.allCases.firstIndex(of: other) ?? 0)
      }
      if reaches(.lock) { _ = try PodLock.owner.take(in: opened.raw) }
      if step == .temporary { _ = try node.places.scratch.file("run/pods/\(uid)/.record.json.tmp", [0x7b]) }
      let cgroup = PodCgroup(node.places.hierarchy, pod: uid)
      let layers = node.places.state + "/pods/\(uid)"
      if reaches(.record) {
        try PodRecord(
          pod: uid,
          name: uid,
          bootID: step == .otherBoot ? "another" : try bootID(),
          cgroup: cgroup.path,
          paths: [layers, node.places.state + "/logs/\(uid)"],
          endsWithOwner: true,
          graceSeconds: 1
        ).write(to: opened.raw)
      }
      if reaches(.layers) { try ensureDirectories(layers + "/c.0/u", mode: 0o755) }
      // A restart takes cgroups with it.
      if step != .otherBoot {
        if reaches(.podCgroup) { try makeDirectory(AT_FDCWD, cgroup.path, mode: 0o755) }
        if reaches(.leaf) { try makeDirectory(AT_FDCWD, cgroup.path + "/shim", mode: 0o755) }
        if reaches(.container) { try makeDirectory(AT_FDCWD, cgroup.path + "/c.0", mode: 0o755) }
      }
    }

    @Test("a pod that somebody owns, and a record that cannot be read, are left alone")
    func others() throws {
      let node = try Node()
      let record = PodRecord(
        pod: "crash-owned",
        name: "owned",
        bootID: try bootID(),
        cgroup: PodCgroup(node.places.hierarchy, pod: "crash-owned").path,
        paths: [],
        endsWithOwner: true,
        graceSeconds: 1
      )
      let owned = try PodClaim(record, runDirectory: node.places.run)
      let strange = PodDirectory(runDirectory: node.places.run, pod: "crash-strange")
      try ensureDirectories(strange.path, mode: 0o700)
      _ = try node.places.scratch.file("run/pods/crash-strange/record.json", Array("{\"version\":99}".utf8))
      let outcomes = try AbandonedPods.remove(runDirectory: node.places.run)
      #expect(outcomes.map(\.pod) == ["crash-strange"])
      #expect(outcomes.first?.problem != nil)
      #expect(owned.directory.exists && strange.exists)
      try owned.release()
    }

    @Test("a supervisor whose starter dies before it asks for a sandbox ends by itself", arguments: [false, true])
    func early(_ hasConnected: Bool) throws {
      let node = try Node()
      let scratch = try Scratch()
      let directory = try openDirectory(AT_FDCWD, scratch.path)
      let pid = try start(node, directory.raw, hasConnected)
      let process = try? ProcessIdentity(of: pid)
      let end = Clock.monotonicNanoseconds() + 1_000_000_000
      while process?.isRunning == true && Clock.monotonicNanoseconds() < end { usleep(2000) }
      let runsOn = process?.isRunning == true
      if runsOn { kill(pid, SIGKILL) }
      waitpid(pid, nil, 0)
      #expect(!runsOn)
    }

    /// The connection goes when this returns; before, the supervisor may have accepted it or not.
    private func start(_ node: Node, _ directory: Int32, _ hasConnected: Bool) throws -> Int32 {
      let shim = try node.bareSupervisor(socketIn: directory)
      if hasConnected { usleep(100_000) }
      return shim.pid
    }
  }
}
