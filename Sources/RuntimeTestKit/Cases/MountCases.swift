import CLinux
import Glibc
import Linux
import RuntimeAPI

extension ConformanceCase {
  static let mounts: [ConformanceCase] = [
    ConformanceCase("what the host mounts later appears where that is asked for, and nothing goes the other way") {
      context in
      let shared = context.world.directory + "/volume"
      try await HostMount.with(HostMount.shareItself, at: shared) {
        let pod = try await context.sandbox()
        let wait = "echo ready; until [ -e /vol/go ]; do sleep 0.05; done; cat /vol/later/file"
        let own = "mkdir -p /vol/own; mount -t tmpfs none /vol/own && echo mounted; "
        let id = try await pod.launch(script: own + wait) {
          $0.specification.mounts.append(bind(shared, ["rbind", "rw", "rslave"]))
          mayMount(&$0.specification)
        }
        let other = try await pod.launch("other", script: wait) {
          $0.specification.mounts.append(bind(shared, ["rbind", "rw", "rprivate"]))
        }
        try await pod.waitForLine("ready", in: id)
        try await pod.waitForLine("ready", in: other)
        let seen = try MountEntry.ofThisProcess().filter { $0.mountPoint.hasPrefix(shared + "/") }
        try expect(seen.isEmpty, "no mount of the container's on the host", seen: "\(seen)")
        try await HostMount.with(HostMount.memory, at: shared + "/later") {
          try write(shared + "/later/file")
          try write(shared + "/go")
          for container in [id, other] { _ = try await pod.wait(container) }
        }
        try expect(try pod.log(id).lines, is: ["mounted", "ready", "later"], "what the one that asked for it sees")
        try expect(try pod.log(other).lines, is: ["ready"], "what the other one sees")
      }
    },
    ConformanceCase("read-only covers what is mounted below only where that is asked for") { context in
      let volume = context.world.directory + "/volume"
      try makeDirectory(AT_FDCWD, volume, mode: 0o755)
      try await HostMount.with(HostMount.memory, at: volume + "/below") {
        let pod = try await context.sandbox()
        for (index, (word, expected)) in [("rw", "ab"), ("ro", "b"), ("rro", "")].enumerated() {
          let script = "echo x >/vol/a; echo x >/vol/below/b; cd /vol; echo $(ls a below/b 2>/dev/null)"
          let lines = try await pod.lines("c\(index)", script: "(\(script)) 2>/dev/null") {
            $0.specification.mounts.append(bind(volume, ["rbind", word]))
          }
          let names = expected.map { $0 == "a" ? "a" : "below/b" }.joined(separator: " ")
          try expect(lines, is: [names], "what can be written with \(word)")
          for path in ["/a", "/below/b"] { unlink(volume + path) }
        }
      }
    },
  ]

  private static func bind(_ source: String, _ options: [String]) -> RuntimeSpecification.Mount {
    RuntimeSpecification.Mount(destination: "/vol", type: "bind", source: source, options: options)
  }

  private static func mayMount(_ specification: inout RuntimeSpecification) {
    let name = "CAP_SYS_ADMIN"
    specification.process.capabilities.bounding.append(name)
    specification.process.capabilities.permitted.append(name)
    specification.process.capabilities.effective.append(name)
  }

  private static func write(_ path: String) throws(SyscallError) {
    let file = try openAt(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
    try writeAll(file.raw, Array("later\n".utf8))
  }
}

/// A mount of the host that a case makes, and takes away again.
enum HostMount {
  static func with(
    _ make: (String) throws -> Void,
    at path: String,
    _ body: () async throws -> Void
  ) async throws {
    try ensureDirectory(AT_FDCWD, path, mode: 0o755)
    try make(path)
    do { try await body() } catch {
      // The first error is the one to tell.
      lx_umount2(path, Int32(LX_UMOUNT_DETACH))
      throw error
    }
    try check("umount2") { lx_umount2(path, Int32(LX_UMOUNT_DETACH)) }
  }

  /// A directory on itself, whose copies learn of what is mounted in it.
  static func shareItself(_ path: String) throws {
    try check("mount") { lx_mount(path, path, "", UInt(LX_MS_BIND), nil) }
    try setMountAttributes(AT_FDCWD, path, propagation: .shared)
  }

  static func memory(_ path: String) throws { try check("mount") { lx_mount("tmpfs", path, "tmpfs", 0, "size=64k") } }
}
