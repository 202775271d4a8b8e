import Foundation
import Glibc
import RuntimeAPI
import RuntimeTestKit
import Testing

@testable import OCIRuntime

@Suite("An OCI runtime is told what it must know and no more")
struct BundleDocumentTests {
  private func document(_ edit: (inout RuntimeSpecification) -> Void) throws -> [String: Any] {
    var specification = TestSpecification.make(
      ["/bin/true"],
      shared: "/shared",
      sharedMemory: "/shm",
      processes: .perContainer
    )
    edit(&specification)
    let bytes = try BundleDocument.bytes(specification, root: "/pods/p/oci/c.0/rootfs", cgroup: "/swiftlet/p/c.0/oci")
    return try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
  }

  @Test("annotations do not reach it, because runtimes act on some of them")
  func annotations() throws {
    let document = try document { $0.annotations = ["run.oci.hooks.stderr": "/etc/passwd"] }
    #expect(document["annotations"] == nil)
  }

  @Test("root and cgroup are ours, limits and device control are not its business")
  func ours() throws {
    let document = try document {
      $0.root.path = "/"
      $0.linux.cgroupsPath = "/elsewhere"
      $0.linux.resources.memory.limit = 1
    }
    #expect((document["root"] as? [String: Any])?["path"] as? String == "/pods/p/oci/c.0/rootfs")
    let linux = try #require(document["linux"] as? [String: Any])
    #expect(linux["cgroupsPath"] as? String == "/swiftlet/p/c.0/oci")
    #expect(linux["resources"] == nil)
  }

  @Test("empty capability sets are there: without them a runtime keeps all")
  func capabilities() throws {
    let document = try document { $0.process.capabilities = RuntimeSpecification.Capabilities() }
    let process = try #require(document["process"] as? [String: Any])
    let sets = try #require(process["capabilities"] as? [String: [String]])
    #expect(Set(sets.keys) == ["bounding", "effective", "inheritable", "permitted", "ambient"])
    #expect(sets.values.joined().isEmpty)
  }

  @Test("cgroup2 is called cgroup by the specification")
  func cgroupMount() throws {
    let mounts = try #require(try document { _ in }["mounts"] as? [[String: Any]])
    #expect(mounts.contains { $0["type"] as? String == "cgroup" && $0["destination"] as? String == "/sys/fs/cgroup" })
    #expect(!mounts.contains { $0["type"] as? String == "cgroup2" })
  }

  @Test("the same specification gives the same bytes")
  func stable() throws {
    let specification = TestSpecification.make(["/bin/true"], shared: "/s", sharedMemory: "/m", processes: .host)
    let all = try (0..<20).map { _ in try BundleDocument.bytes(specification, root: "/r", cgroup: "/c") }
    #expect(Set(all).count == 1)
  }
}

@Suite("A runtime's own words become the reason of a failure")
struct CommandLogTests {
  @Test(
    "programs that cannot be executed",
    arguments: [
      ("executable file `nope` not found in $PATH: No such file or directory", "nope", ENOENT),
      ("open executable: Permission denied", "the program", EACCES),
      (
        #"runc create failed: unable to start container process: exec: "nope": executable file not found in $PATH"#,
        "nope", ENOENT
      ),
      (#"unable to start container process: exec: "/etc/passwd": permission denied"#, "/etc/passwd", EACCES),
      (#"exec: "/nope": stat /nope: no such file or directory"#, "/nope", ENOENT),
    ]
  )
  func programs(_ message: String, _ program: String, _ code: Int32) throws {
    let (name, errno) = try #require(CommandLog.missingProgram(message))
    #expect(name == program)
    #expect(errno == code)
  }

  @Test(
    "other failures are not taken for those",
    arguments: [
      "mount `proc` to `/proc`: Permission denied", "capset: Operation not permitted", "",
      "bind: No such file or directory",
    ]
  )
  func others(_ message: String) {
    #expect(CommandLog.missingProgram(message) == nil)
  }
}

@Suite("What an OCI runtime does not do yet is refused by name", .serialized)
struct RefusalTests {
  @Test("standard input, terminals, shared processes, exec and attach", arguments: ["crun", "runc"])
  func refused(_ binary: String) async throws {
    try await ConformanceCase.refusesWhatItLacks.run(on: ConformanceTests.subject(binary))
  }

  @Test("sandboxes of another runtime are left alone", arguments: [("crun", "runc"), ("runc", "crun")])
  func others(_ owner: String, _ other: String) async throws {
    try await ConformanceCase.leavesAlone(sandboxesOf: owner, other: ConformanceTests.subject(other))
      .run(on: ConformanceTests.subject(owner))
  }

  @Test("a runtime that is not installed is named", arguments: ["no-such-runtime", "/no/such/runtime", "../crun"])
  func missing(_ binary: String) throws {
    let error = #expect(throws: RuntimeError.self) { _ = try CommandLines(binary: binary) }
    guard case .notFound(let what)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(what.contains(binary))
  }

  @Test("a program that is no runtime is found out")
  func noRuntime() {
    // It fails, and it says nothing.
    for program in ["/bin/false", "/bin/sh"] {
      #expect(throws: RuntimeError.self, "\(program)") { _ = try CommandLines(binary: program) }
    }
  }
}
