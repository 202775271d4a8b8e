import Glibc
import Linux
import RuntimeTestKit
import StateStore
import Testing

/// A run directory of a test's own, removed with its owner.
final class RunDirectory: Sendable {
  let path: String

  init() throws {
    var template = Array("/dev/shm/swl-state.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SyscallError("mkdtemp", errno) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    if let parent = try? openDirectory(AT_FDCWD, "/dev/shm") {
      try? removeTree(parent.raw, String(path.dropFirst("/dev/shm/".count)))
    }
  }

  func record(_ pod: String, paths: [String] = []) -> PodRecord {
    PodRecord(
      pod: pod,
      name: "default/\(pod)",
      bootID: "boot",
      cgroup: "/sys/fs/cgroup/none/pod-\(pod)",
      paths: paths,
      endsWithOwner: true,
      graceSeconds: 30
    )
  }
}

@Suite("A pod's record comes back as it was written, and anything else is an error")
struct PodRecordTests {
  private func write(_ bytes: [UInt8], _ run: RunDirectory) throws -> OwnedFD {
    let directory = try openDirectory(AT_FDCWD, run.path)
    try replaceFile(in: directory.raw, named: "record.json", with: bytes, durability: .untilReboot)
    return directory
  }

  private func expectRefusal(_ bytes: [UInt8], of pod: String, _ run: RunDirectory, _ place: String) throws {
    let directory = try write(bytes, run)
    let error = #expect(throws: SyscallError.self, "\(place)") { try PodRecord.read(from: directory.raw, of: pod) }
    #expect(error?.errno == EPROTO, "\(place)")
  }

  @Test("random records")
  func roundTrip() throws {
    let run = try RunDirectory()
    let directory = try openDirectory(AT_FDCWD, run.path)
    #expect(try PodRecord.read(from: directory.raw, of: "pod") == nil)
    var generator = SeededGenerator()
    for round in 0..<100 {
      let record = PodRecord(
        pod: generator.text(),
        name: generator.text(),
        bootID: generator.text(),
        cgroup: generator.text(),
        paths: generator.list(4) { $0.text() },
        endsWithOwner: generator.oneIn(2),
        graceSeconds: generator.below(1000)
      )
      try record.write(to: directory.raw)
      let read = try PodRecord.read(from: directory.raw, of: record.pod)
      #expect(read == record, "seed \(generator.seed), round \(round)")
    }
  }

  /// What is named in it is ended and removed: a path with one letter less would be somebody else's.
  @Test("every byte changed in every bit, every length, and the record of another pod")
  func damaged() throws {
    let run = try RunDirectory()
    let directory = try openDirectory(AT_FDCWD, run.path)
    try run.record("pod", paths: ["/a/b", "/c"]).write(to: directory.raw)
    let whole = try readRegularFile(directory.raw, "record.json", limit: 1 << 20)
    #expect(try PodRecord.read(from: directory.raw, of: "pod") != nil)
    for place in whole.indices {
      for bit in 0..<8 {
        var bytes = whole
        bytes[place] ^= 1 << bit
        try expectRefusal(bytes, of: "pod", run, "byte \(place), bit \(bit)")
      }
    }
    for length in 0..<whole.count { try expectRefusal(Array(whole.prefix(length)), of: "pod", run, "\(length) bytes") }
    try expectRefusal(whole + [0], of: "pod", run, "a byte more")
    try expectRefusal(whole, of: "other", run, "another pod's")
    try expectRefusal([UInt8](repeating: 0, count: 2 << 20), of: "pod", run, "far too much")
  }

  @Test("two bytes exchanged, anywhere")
  func swapped() throws {
    let run = try RunDirectory()
    let directory = try openDirectory(AT_FDCWD, run.path)
    try run.record("pod", paths: ["/a/b", "/c"]).write(to: directory.raw)
    let whole = try readRegularFile(directory.raw, "record.json", limit: 1 << 20)
    var generator = SeededGenerator()
    for _ in 0..<2000 {
      let (one, other) = (generator.below(whole.count), generator.below(whole.count))
      if whole[one] == whole[other] { continue }
      var bytes = whole
      bytes.swapAt(one, other)
      try expectRefusal(bytes, of: "pod", run, "\(one) and \(other)")
    }
  }

  @Test(
    "what cannot be a record, however well it is sealed",
    arguments: [
      #"{"version":1}"#, #"{"version":3}"#, "null", "[]", "", #"{"version":2,"pod":1}"#,
      #"{"version":2,"pod":"pod","name":"n","bootID":"b","cgroup":"/c","paths":"/x","endsWithOwner":true,"graceSeconds":1}"#,
      #"{"version":2,"pod":"pod","name":"n","bootID":"b","cgroup":"/c","paths":[1],"endsWithOwner":true,"graceSeconds":1}"#,
      #"{"version":2,"pod":"pod","name":"n","bootID":"b","cgroup":"/c","paths":[],"endsWithOwner":true,"graceSeconds":1e99}"#,
      #"{"version":2,"pod":"two","name":"n","bootID":"b","cgroup":"/c","paths":[],"endsWithOwner":true,"graceSeconds":1}"#,
    ]
  )
  func refused(_ text: String) throws {
    let run = try RunDirectory()
    try expectRefusal(Array(text.utf8), of: "pod", run, "unsealed")
    try expectRefusal(SealedRecord.seal(Array(text.utf8), as: "record of pod pod"), of: "pod", run, "sealed")
  }
}

@Suite("A pod has one owner, and what an owner leaves is found")
struct PodClaimTests {
  @Test("a pod is claimed once, and its name is free after the release")
  func once() throws {
    let run = try RunDirectory()
    let claim = try PodClaim(run.record("pod"), runDirectory: run.path)
    let second = #expect(throws: SyscallError.self) { _ = try PodClaim(run.record("pod"), runDirectory: run.path) }
    #expect(second?.errno == EEXIST)
    #expect(try PodDirectory.all(runDirectory: run.path).map(\.pod) == ["pod"])
    try claim.release()
    #expect(try PodDirectory.all(runDirectory: run.path).isEmpty)
    try PodClaim(run.record("pod"), runDirectory: run.path).release()
  }

  @Test("a release removes what the record names, except what is kept, and follows no link")
  func release() throws {
    let run = try RunDirectory()
    for name in ["layers", "logs", "other"] { try ensureDirectories("\(run.path)/\(name)/pod/deep") }
    try check("symlink") { symlink("\(run.path)/other", "\(run.path)/layers/pod/link") }
    let paths = ["layers/pod", "logs/pod", "missing/pod", "layers/none"].map { "\(run.path)/\($0)" }
    let claim = try PodClaim(run.record("pod", paths: paths), runDirectory: run.path)
    try claim.release(keeping: ["\(run.path)/logs/pod"])
    #expect(access("\(run.path)/layers/pod", F_OK) != 0)
    #expect(access("\(run.path)/logs/pod/deep", F_OK) == 0)
    #expect(access("\(run.path)/other/pod/deep", F_OK) == 0)
  }

  @Test("a pod with an owner is not abandoned; one whose owner has gone is, with its record")
  func abandoned() throws {
    let run = try RunDirectory()
    let directory = PodDirectory(runDirectory: run.path, pod: "pod")
    do {
      let claim = try PodClaim(run.record("pod"), runDirectory: run.path)
      let guardian = try ClaimLock.take(runDirectory: run.path)
      #expect(try PodClaim(abandoned: directory) == nil)
      withExtendedLifetime((claim, guardian)) {}
    }
    let guardian = try ClaimLock.take(runDirectory: run.path)
    let found = try #require(try PodClaim(abandoned: directory))
    #expect(found.record == run.record("pod"))
    #expect(try PodClaim(abandoned: directory) == nil, "it has an owner again")
    withExtendedLifetime(guardian) {}
    try found.release()
  }

  @Test("a directory without a record is nobody's claim")
  func withoutRecord() throws {
    let run = try RunDirectory()
    try ensureDirectories(run.path + "/pods/pod")
    #expect(try PodClaim(abandoned: PodDirectory(runDirectory: run.path, pod: "pod")) == nil)
  }

  @Test("fifty at once: one gets the pod")
  func race() async throws {
    let run = try RunDirectory()
    let winners = await withTaskGroup(of: PodClaim?.self) { group in
      for _ in 0..<50 { group.addTask { try? PodClaim(run.record("pod"), runDirectory: run.path) } }
      return await group.reduce(into: [PodClaim]()) { if let claim = $1 { $0.append(claim) } }
    }
    #expect(winners.count == 1)
  }

  @Test("the locks of owner and supervisor are two")
  func locks() throws {
    let run = try RunDirectory()
    let claim = try PodClaim(run.record("pod"), runDirectory: run.path)
    let directory = try claim.directory.open()
    #expect(try PodLock.owner.isHeld(in: directory.raw))
    #expect(try !PodLock.supervisor.isHeld(in: directory.raw))
    do {
      guard let lock = try PodLock.supervisor.take(in: directory.raw) else { throw SyscallError("lock", EEXIST) }
      #expect(try PodLock.supervisor.isHeld(in: directory.raw))
      if (try PodLock.supervisor.take(in: directory.raw)) != nil { Issue.record("the lock was taken twice") }
      _ = consume lock
    }
    #expect(try !PodLock.supervisor.isHeld(in: directory.raw))
    withExtendedLifetime(claim) {}
  }
}

@Suite("Names of instances come from the state directory alone")
struct InstanceNameTests {
  @Test("the default has a short one, others have six digits of their own")
  func names() {
    #expect(instanceName(stateDirectory: "/var/lib/swiftlet") == "swl0")
    let names = (0..<1000).map { instanceName(stateDirectory: "/tmp/state-\($0)") }
    #expect(names.allSatisfy { $0.hasPrefix("swl-") && $0.utf8.count == 10 })
    #expect(Set(names).count > 995)
    #expect(instanceName(stateDirectory: "/a") == instanceName(stateDirectory: "/a"))
  }
}
