import ArchiveTestKit
import Cgroups
import Glibc
import Linux
import StateStore

/// Directories of a node on which real `swiftlet` processes work, with one image.
final class ForegroundNode: Sendable {
  let places: Node.Places
  /// A cgroup for the commands themselves, so that what they forget outside their pods' cgroups is found.
  let outside: String

  init() throws {
    places = try Node.Places()
    outside = places.hierarchy.mountPoint + "/crash-\(places.instance)"
    try makeDirectory(AT_FDCWD, outside, mode: 0o755)
    var tar = TarWriter()
    for name in ["bin/", "etc/", "dev/", "proc/", "sys/", "tmp/"] { tar.directory(name) }
    tar.entry("bin/busybox", data: try readRegularFile(AT_FDCWD, "/bin/busybox", limit: 1 << 24)) { $0.mode = 0o755 }
    tar.symlink("busybox", "bin/sh")
    tar.symlink("busybox", "bin/sleep")
    let file = try places.scratch.file("image.tar", tar.finished)
    let status = try command(["image", "import", file, "crash"])
    if status != .exited(0) { throw Required.Missing(description: "the image (\(status)): \(text("err"))") }
  }

  deinit {
    // What a failed test left must not be left on the machine as well.
    try? PodCgroup(path: places.hierarchy.path()).destroy()
    try? PodCgroup(path: outside).destroy()
    for words in [["/usr/sbin/nft", "delete", "table", "inet"], ["/sbin/ip", "link", "delete"]] {
      // Mostly there is nothing to delete.
      guard let pid = try? spawnProgram(words[0], arguments: words + [places.instance], descriptors: [-1, -1, -1])
      else {
        continue
      }
      waitpid(pid, nil, 0)
    }
  }

  /// What the last command wrote to `out` or `err`.
  func text(_ stream: String) -> String {
    // A command that was killed before it opened it wrote nothing.
    (try? readRegularFile(AT_FDCWD, "\(places.scratch.path)/\(stream)", limit: 1 << 22))
      .map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  /// Starts `swiftlet` in its cgroup.
  func spawn(_ arguments: [String]) throws -> Int32 {
    try spawn(shell: "exec \(commandLine(arguments)) >\(places.scratch.path)/out 2>\(places.scratch.path)/err")
  }

  /// The words that start `swiftlet` here, for a shell.
  func commandLine(_ arguments: [String]) -> String {
    ([builtProgram("swiftlet"), "--state-dir", places.state, "--run-dir", places.run] + arguments).joined(
      separator: " "
    )
  }

  /// Starts a shell in the cgroup of the commands.
  func spawn(shell line: String) throws -> Int32 {
    try spawnProgram(
      "/bin/sh",
      arguments: ["sh", "-c", "echo $$ >\(outside)/cgroup.procs && \(line)"],
      environment: ["PATH=/usr/bin:/bin"],
      descriptors: [-1, -1, -1]
    )
  }

  /// Runs it to its end.
  func command(_ arguments: [String]) throws -> Linux.ExitStatus { try Self.wait(try spawn(arguments)) }

  static func wait(_ pid: Int32, seconds: Double = 30) throws -> Linux.ExitStatus {
    let end = Clock.monotonicNanoseconds() + Int64(seconds * 1e9)
    while true {
      var status: Int32 = 0
      if waitpid(pid, &status, WNOHANG) == pid { return Linux.ExitStatus(waitStatus: status) }
      if Clock.monotonicNanoseconds() > end {
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
        throw Required.Missing(description: "the end of swiftlet within \(seconds) s")
      }
      usleep(2000)
    }
  }

  /// A pod of one container.
  func manifest(_ script: String, grace: Int = 1) throws -> Manifest {
    let uid = "crash-\(UInt32.random(in: 1...UInt32.max))"
    let text = """
      apiVersion: v1
      kind: Pod
      metadata: {name: crash, uid: \(uid)}
      spec:
        restartPolicy: Never
        terminationGracePeriodSeconds: \(grace)
        containers:
        - name: c
          image: crash
          imagePullPolicy: Never
          command: ["/bin/sh", "-c", "\(script)"]

      """
    return Manifest(uid: uid, file: try places.scratch.file("pod.yaml", Array(text.utf8)))
  }

  struct Manifest {
    var uid: String
    var file: String
  }

  /// The supervisor of a pod, as soon as it is in its cgroup.
  func supervisor(of pod: String, seconds: Double = 5) throws -> Int32? {
    let file = PodCgroup(places.hierarchy, pod: pod).path + "/shim/cgroup.procs"
    let end = Clock.monotonicNanoseconds() + Int64(seconds * 1e9)
    while Clock.monotonicNanoseconds() < end {
      // Not there yet.
      if let pid = (try? readKernelFile(AT_FDCWD, file)).flatMap({ Int32($0.split(separator: "\n").first ?? "") }) {
        return pid
      }
      usleep(500)
    }
    return nil
  }

  /// - Parameter beforeNextCommand: The file of a lease on an image is then still there, void: the next command clears
  ///   it away.
  func oracle(beforeNextCommand: Bool = false) -> LeakOracle {
    LeakOracle(places: places, outside: outside, looksForLeases: !beforeNextCommand, looksAtHost: true)
  }

  /// Waits for the processes of all pods to be gone; milliseconds, or what is left.
  func processesGone(seconds: Double) throws -> (milliseconds: Int64, left: [String]) {
    let began = Clock.monotonicNanoseconds()
    while true {
      let left = try oracle().processes().filter { !$0.hasPrefix(LeakOracle.leftToInit) }
      let passed = Clock.monotonicNanoseconds() - began
      if left.isEmpty || passed > Int64(seconds * 1e9) { return (passed / 1_000_000, left) }
      usleep(3000)
    }
  }
}
