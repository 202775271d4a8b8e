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

@Suite("A pod's record comes back as it was written, and a damaged one is an error")
struct PodRecordTests {
  private func write(_ bytes: [UInt8], _ run: RunDirectory) throws -> OwnedFD {
    let directory = try openDirectory(AT_FDCWD, run.path)
    try replaceFile(in: directory.raw, named: "record.json", with: bytes, durability: .untilReboot)
    return directory
  }

  @Test("random records")
  func roundTrip() throws {
    let run = try RunDirectory()
    let directory = try openDirectory(AT_FDCWD, run.path)
    #expect(try PodRecord.read(from: directory.raw) == nil)
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
      #expect(try PodRecord.read(from: directory.raw) == record, "seed \(generator.seed), round \(round)")
    }
  }

  @Test("every byte changed in every bit, and every length: an error, or a record that was read whole; never a trap")
  func damaged() throws {
    let run = try RunDirectory()
    let directory = try openDirectory(AT_FDCWD, run.path)
    try run.record("pod", paths: ["/a/b", "/c"]).write(to: directory.raw)
    let whole = try readRegularFile(directory.raw, "record.json", limit: 1 << 20)
    for place in whole.indices {
      for bit in 0..<8 {
        var bytes = whole
        bytes[place] ^= 1 << bit
        let damaged = try write(bytes, run)
        do throws(SyscallError) { _ = try PodRecord.read(from: damaged.raw) } catch {
          #expect(error.errno == EPROTO, "byte \(place), bit \(bit): \(error)")
        }
      }
    }
    for length in 0..<whole.count {
      let damaged = try write(Array(whole.prefix(length)), run)
      let error = #expect(throws: SyscallError.self) { try PodRecord.read(from: damaged.raw) }
      #expect(error?.errno == EPROTO, "the first \(length) bytes")
    }
  }

  @Test(
    "what cannot be a record",
    arguments: [
      #"{"version":2}"#, "null", "[]", #"{"version":1,"pod":1}"#,
      #"{"version":1,"pod":"p","name":"n","bootID":"b","cgroup":"/c","paths":"/x","endsWithOwner":true,"graceSeconds":1}"#,
      #"{"version":1,"pod":"p","name":"n","bootID":"b","cgroup":"/c","paths":[1],"endsWithOwner":true,"graceSeconds":1}"#,
      #"{"version":1,"pod":"p","name":"n","bootID":"b","cgroup":"/c","paths":[],"endsWithOwner":true,"graceSeconds":1e99}"#,
    ]
  )
  func refused(_ text: String) throws {
    let run = try RunDirectory()
    let directory = try write(Array(text.utf8), run)
    let error = #expect(throws: SyscallError.self) { try PodRecord.read(from: directory.raw) }
    #expect(error?.errno == EPROTO)
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
