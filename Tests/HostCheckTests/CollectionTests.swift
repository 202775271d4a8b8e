import CLinux
import Foundation
import Glibc
import Linux
import Privileges
import Testing

@testable import HostCheck

@Suite("The machine is looked at without being changed", .enabled(if: geteuid() == 0, "needs root"), .serialized)
struct CollectionTests {
  /// What would show a trace, as a thread in a mount and a network namespace of its own sees it, where nobody else makes any.
  private struct Traces: Equatable, Sendable {
    let mounts: String
    let links: [String]
    let cgroups: [String]
    let descriptors: [String]
    let modules: String?
    let state: [String]
    let children: String
    let limits: String

    init(state directory: String, hierarchy: String) throws {
      mounts = try readKernelFile(AT_FDCWD, "/proc/thread-self/mountinfo", limit: 64 << 20)
      links = try readKernelFile(AT_FDCWD, "/proc/thread-self/net/dev").split(separator: "\n").map {
        String($0.prefix { $0 != ":" })
      }
      // What other programs on this machine have below these places is theirs.
      cgroups = try names(hierarchy).filter { !$0.hasPrefix("swiftlet") }
      descriptors = try names("/proc/thread-self/fd")
      modules = kernelText("/proc/modules").map { text in
        text.split(separator: "\n").map { $0.prefix { $0 != " " } }.joined(separator: "\n")
      }
      state = try names(directory)
      children = try readKernelFile(AT_FDCWD, "/proc/thread-self/children")
      limits = try readKernelFile(AT_FDCWD, "/proc/self/limits")
    }
  }

  /// Places of a test's own, and the supervisor that was built beside the test runner.
  private func places(_ body: (String) throws -> Void) throws {
    let directory = "/tmp/swiftlet-check-\(getpid())"
    try makeDirectory(AT_FDCWD, directory)
    defer { rmdir(directory) }
    try body(directory)
  }

  @Test("Everything is as it was before")
  func noTraces() async throws {
    let (before, after) = try await inOwnNamespaces {
      var result: (Traces, Traces)?
      try places { directory in
        let places = HostPlaces(state: directory, run: directory + "/not/there")
        // What is opened once for the whole process is there after the first time.
        let hierarchy = try HostFindings.collect(places).cgroups.hierarchy.text
        let before = try Traces(state: directory, hierarchy: hierarchy)
        for _ in 0..<3 { _ = try HostFindings.collect(places) }
        result = (before, try Traces(state: directory, hierarchy: hierarchy))
      }
      return try #require(result)
    }
    #expect(after == before)
    #expect(before.links.contains { $0.hasSuffix("lo") } && before.mounts.contains(" /proc "))
    #expect(before.children == "", "the programs that were started are reaped")
  }

  /// On a thread that ends afterwards, and its namespaces with it.
  private func inOwnNamespaces<Result: Sendable>(
    _ body: @escaping @Sendable () throws -> Result
  ) async throws -> Result {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(
          with: Swift.Result {
            // A table of descriptors of its own too: other tests open theirs meanwhile.
            try check("unshare") { lx_unshare(Int32(LX_CLONE_NEWNS) | Int32(LX_CLONE_NEWNET) | cloneFiles) }
            try setMountAttributes(AT_FDCWD, "/", propagation: .isPrivate, recursive: true)
            return try body()
          }
        )
      }
    }
  }

  @Test("Every question gets an answer, and what any host of these tests must have is found")
  func answers() throws {
    try places { directory in
      let findings = try HostFindings.collect(HostPlaces(state: directory, run: directory + "/not/there"))
      #expect(Set(findings.kernel.keys) == Set(KernelProbe.allCases))
      for probe in KernelProbe.allCases where ![.pidfdExit, .overlayLayerList, .idmappedMounts].contains(probe) {
        let finding = try #require(findings.kernel[probe])
        #expect(finding.works, "\(probe): \(finding.text)")
      }
      #expect(findings.privileges.user == 0 && findings.privileges.capabilities.held.contains(named: "SYS_ADMIN"))
      #expect(findings.storage.state.existing == directory && findings.storage.run.existing == directory)
      #expect(findings.storage.run.path == directory + "/not/there")
      #expect(findings.storage.state.writable.works && findings.storage.state.freeBytes > 0)
      #expect(findings.programs.shim.works, "\(findings.programs.shim.text)")
      #expect(findings.programs.shimIsStatic.works, "\(findings.programs.shimIsStatic.text)")
      #expect(findings.programs.unpacker.works, "\(findings.programs.unpacker.text)")
      #expect(findings.programs.seccompLibrary >= SeccompLibraryVersion(2, 5, 0))
      #expect(CheckReport(findings).canRun)
    }
  }

  @Test("What is said agrees with what the kernel does")
  func agreement() throws {
    let findings = try HostFindings.collect(HostPlaces(state: "/var/lib/swiftlet", run: "/run/swiftlet"))
    let table = try readKernelFile(AT_FDCWD, "/proc/self/mountinfo", limit: 64 << 20)
    for (name, controller) in [("cpu", "cpu"), ("memory", "memory"), ("pids", "pids"), ("io", "blkio")] {
      // Options of a v1 mount end with its controllers.
      let isVersion1 = table.split(separator: "\n").contains {
        let options = $0.split(separator: " ").last?.split(separator: ",") ?? []
        return $0.contains(" - cgroup ") && options.contains(Substring(controller))
      }
      let place = try #require(findings.cgroups.controllers[name])
      if case .version1 = place { #expect(isVersion1, "\(name)") } else { #expect(!isVersion1, "\(name): \(place)") }
    }
    // Only CAP_SYS_RESOURCE lowers it (proc_pid_oom_score_adj(5)).
    let mayRaise = findings.privileges.capabilities.held.contains(named: "SYS_RESOURCE")
    #expect((findings.limits.leastOOMScore == -1000) == mayRaise)
    let least = findings.limits.leastOOMScore
    let own = try readKernelFile(AT_FDCWD, "/proc/self/oom_score_adj")
    #expect(mayRaise || Int(own) == least)
  }

  @Test("A supervisor that is not there, is no program, or does something else is said to be so")
  func programs() throws {
    func shim(_ path: String) throws -> ProgramFindings {
      try HostFindings.collect(HostPlaces(state: "/var/lib", run: "/run", shim: path)).programs
    }
    #expect(try shim("/not/there").shim == .fails("/not/there: No such file or directory"))
    #expect(try shim("/etc/passwd").shim == .fails("/etc/passwd: Permission denied"))
    #expect(try shim("/etc/passwd").shimIsStatic == .fails("/etc/passwd is no 64-bit ELF program"))
    let other = try shim("/usr/bin/true")
    #expect(other.shim == .fails("/usr/bin/true ended by exit code 0 instead of exit code 1"))
    #expect(other.shimIsStatic == .fails("/usr/bin/true needs a loader"))
  }

  @Test("Directories that cannot be used are said to be so")
  func directories() throws {
    let findings = try HostFindings.collect(HostPlaces(state: "/proc/swiftlet", run: "/etc/passwd/run"))
    #expect(findings.storage.state.existing == "/proc" && findings.storage.state.filesystem == "proc")
    #expect(findings.storage.run.writable == .fails("/etc/passwd: Not a directory"))
    #expect(CheckReport(findings).obstacles == ["state directory", "run directory", "writable layers"])
  }
}

/// CLONE_FILES of unshare(2).
private let cloneFiles: Int32 = 0x400

/// Names in a directory, sorted; the descriptor that reads it is not among them.
private func names(_ path: String) throws -> [String] {
  let directory = try openDirectory(AT_FDCWD, path)
  let own = String(directory.raw)
  return try entries(of: directory.raw).filter { name in path != "/proc/thread-self/fd" || (name != own && isOpen(name))
  }
}

/// The listing itself opened one more, which is gone now.
private func isOpen(_ descriptor: String) -> Bool {
  Int32(descriptor).map { fcntl($0, F_GETFD) >= 0 } ?? false
}
