import CLinux
import Glibc
import Linux

/// BOX-06: tries to open every file of the cgroup tree for writing, to make a cgroup, and the ways around a read-only mount.
///
/// A line is `write|create|read|mount|release PATH OUTCOME`; the last one is `writable N`, the number of files that could be
/// opened for writing.
enum CgroupProbe {
  private static let root = "/sys/fs/cgroup"

  static func run() throws {
    var writable = 0
    try Output.line("read /proc/self/cgroup " + (try readKernelFile(AT_FDCWD, "/proc/self/cgroup")))
    try walk(root, depth: 0, &writable)
    // Through the root and the working directory of process 1, which may stand elsewhere.
    for prefix in ["/proc/1/root", "/proc/1/cwd", "/proc/1/root/../.."] {
      for name in ["cgroup.procs", "../cgroup.procs", "../../cgroup.procs"] {
        try tryWriting(prefix + root + "/" + name, &writable)
      }
    }
    let place = "/tmp/.payload-cgroup"
    if mkdir(place, 0o700) != 0 && errno != EEXIST { throw SyscallError("mkdir \(place)", errno) }
    for type in ["cgroup2", "cgroup"] {
      let mounted = Outcome.of { lx_mount(type, place, type, 0, nil) }
      try Output.line("mount \(type) \(mounted)")
      if mounted == "ok" {
        try tryWriting(place + "/cgroup.procs", &writable)
        try tryWriting(place + "/release_agent", &writable)
        lx_umount2(place, Int32(LX_UMOUNT_DETACH))
      }
    }
    rmdir(place)
    try Output.line("remount " + root + " " + Outcome.of { lx_mount(nil, root, nil, 32 | 4096, nil) })
    try tryWriting(root + "/cgroup.procs", &writable)
    try Output.line("writable \(writable)")
  }

  private static func walk(_ path: String, depth: Int, _ writable: inout Int) throws {
    guard depth < 8 else { return }
    let made = Outcome.of { mkdir(path + "/payload-probe", 0o755) }
    if made == "ok" {
      writable += 1
      rmdir(path + "/payload-probe")
    }
    try Output.line("create \(path)/payload-probe \(made)")
    for name in try Dump.entryNames(path) {
      let full = path + "/" + name
      var status = stat()
      guard lstat(full, &status) == 0 else { continue }
      if status.st_mode & S_IFMT == S_IFDIR {
        try walk(full, depth: depth + 1, &writable)
      } else if status.st_mode & 0o222 != 0 {
        try tryWriting(full, &writable)
      }
    }
  }

  private static func tryWriting(_ path: String, _ writable: inout Int) throws {
    let outcome = Outcome.of { () throws(SyscallError) in _ = try openAt(AT_FDCWD, path, O_WRONLY | O_NONBLOCK) }
    if outcome == "ok" { writable += 1 }
    try Output.line("write \(path) \(outcome)")
  }
}
