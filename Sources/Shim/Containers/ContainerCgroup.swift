import CLinux
import Glibc
import Linux

/// The cgroup of one container or exec session, by descriptor (`cgroups(7)`).
final class ProcessCgroup {
  let directory: OwnedFD
  /// `cgroup.events`, which is readable as an exceptional condition whenever it changes.
  let events: OwnedFD
  private let parent: Int32
  private let name: String

  /// Takes a cgroup that exists; `parent` and `name` are for its removal.
  init(_ directory: consuming OwnedFD, parent: Int32, name: String) throws(SyscallError) {
    events = try openAt(directory.raw, "cgroup.events", O_RDONLY)
    self.directory = directory
    self.parent = parent
    self.name = name
  }

  /// Makes a cgroup below another one.
  static func make(below parent: Int32, name: String) throws(SyscallError) -> ProcessCgroup {
    try makeDirectory(parent, name, mode: 0o755)
    return try ProcessCgroup(try openDirectory(parent, name), parent: parent, name: name)
  }

  /// Whether any process is in it or below it.
  func isPopulated() -> Bool {
    var text = [UInt8](repeating: 0, count: 256)
    let count = pread(events.raw, &text, text.count, 0)
    // A cgroup that cannot be read has been removed.
    guard count > 0 else { return false }
    return String(decoding: text.prefix(count), as: UTF8.self).contains("populated 1")
  }

  /// Ends every process in it and below it at once (`cgroup.kill`, Linux 5.14).
  func kill() {
    // Nobody asks a second time, so a want of memory or descriptors that passes must not be the last word. What stays
    // is ended with the pod's cgroup by whoever removes that.
    for _ in 0..<8 {
      do throws(SyscallError) { return try writeKernelFile(directory.raw, "cgroup.kill", "1") } catch {
        // A cgroup that was removed has nobody left to end.
        if error.errno == ENOENT || error.errno == ENODEV { return }
      }
    }
  }

  /// Waits until nobody is in it or below it.
  func waitUntilEmpty(milliseconds: Int64) {
    let deadline = Clock.monotonicNanoseconds() + milliseconds * 1_000_000
    while isPopulated() {
      let rest = (deadline - Clock.monotonicNanoseconds()) / 1_000_000
      if rest <= 0 { return }
      var entry = pollfd(fd: events.raw, events: Int16(POLLPRI), revents: 0)
      poll(&entry, 1, Int32(clamping: rest))
    }
  }

  /// Whether the kernel ended a process in it for want of memory. Must be read before it is removed.
  func countedOOMKill() -> Bool {
    // Without a memory controller there is no such file, and no such kill.
    guard let text = try? readKernelFile(directory.raw, "memory.events") else { return false }
    return text.split(separator: "\n").contains { line in
      let fields = line.split(separator: " ")
      return fields.first == "oom_kill" && fields.last.flatMap { Int($0) } ?? 0 > 0
    }
  }

  /// Removes it, with those of sessions and of an OCI runtime below it. EBUSY while a process is in it.
  func remove() throws(SyscallError) {
    // A cgroup that cannot be listed has been removed.
    for entry in (try? entries(of: directory.raw)) ?? [] where entry.hasPrefix("exec-") || entry == "oci" {
      // Removed with the container in any case; a busy one makes the next call fail.
      unlinkat(directory.raw, entry, AT_REMOVEDIR)
    }
    do throws(SyscallError) { try check("rmdir") { unlinkat(parent, name, AT_REMOVEDIR) } } catch {
      if error.errno != ENOENT { throw error }
    }
  }
}
