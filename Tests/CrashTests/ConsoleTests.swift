import ArchiveTestKit
import Cgroups
import Foundation
import Glibc
import Linux
import StateStore
import Testing

extension Crashes {
  /// What `swiftlet run` meets at a terminal, in a pipe, and on machines that are not as they should be.
  @Suite(
    "swiftlet run says what is in its way, and leaves nothing behind",
    .disabled(if: Requirements.systemd, "needs a machine without systemd")
  )
  struct ConsoleOfARun {
    private struct Result {
      var status: Linux.ExitStatus
      var out: String
      var err: String
    }

    /// Runs a shell line in which `$run` starts a pod that says `hello`, and looks for what is left.
    private func run(
      _ node: ForegroundNode,
      _ line: String,
      script: String = "echo hello; echo again >&2",
      options: [String] = [],
      state: String? = nil
    ) throws -> Result {
      let manifest = try node.manifest(script)
      let words = node.commandLine(["run", "-f", manifest.file] + options + (state.map { ["--state-dir", $0] } ?? []))
      let scratch = node.places.scratch.path
      for name in ["out", "err"] { _ = try node.places.scratch.file(name, []) }
      let whole = "run='\(words)'; out=\(scratch)/out; err=\(scratch)/err; \(line)"
      let status = try ForegroundNode.wait(try node.spawn(shell: whole))
      #expect(try node.oracle(beforeNextCommand: true).settle() == [], "\(line)")
      return Result(status: status, out: node.text("out"), err: node.text("err"))
    }

    // MARK: Standard streams

    @Test("lines about the pod's life that nobody can read are no reason to end it")
    func closedErrors() throws {
      let node = try ForegroundNode()
      for line in ["$run >$out 2>&-", "$run >$out 2>/dev/full", "{ $run >$out; } 2>&1 | true"] {
        let result = try run(node, line)
        #expect(result.status == .exited(0), "\(line)")
        #expect(result.out.split(separator: "\n").sorted() == ["c | again", "c | hello"], "\(line): \(result.out)")
      }
    }

    @Test("lines of containers that reach nobody are a failure, and no other file gets them")
    func closedOutput() throws {
      let node = try ForegroundNode()
      for (line, reason) in [
        ("$run >&- 2>$err", "Bad file descriptor"), ("$run >/dev/full 2>$err", "No space left on device"),
        ("{ $run 2>$err; echo $? >$out; } | true; exit $(cat $out)", "Broken pipe"),
      ] {
        // It would run for a long time: it is ended because of it.
        let result = try run(node, line, script: "trap 'exit 0' TERM; while true; do echo hello; sleep 0.05; done")
        #expect(result.status == .exited(125), "\(line)")
        #expect(result.err.contains("the containers' lines could not be written: \(reason)"), "\(line): \(result.err)")
      }
    }

    @Test("a result that reaches nobody is a failure", arguments: [">&-", ">/dev/full"])
    func closedResult(_ redirection: String) throws {
      let result = try run(try ForegroundNode(), "$run \(redirection) 2>$err", options: ["-o", "json"])
      #expect(result.status == .exited(125))
    }

    @Test("standard input that is closed is at its end")
    func closedInput() throws {
      let node = try ForegroundNode()
      #expect(try run(node, "$run <&- >$out 2>$err").status == .exited(0))
      // All three: nothing is left to tell anybody but the exit status.
      #expect(try run(node, "$run <&- >&- 2>&-").status == .exited(125))
      #expect(try run(node, "$run <&- >$out 2>&-").status == .exited(0))
    }

    // MARK: Machines that are not as they should be

    @Test("somebody else than root is told so at once, and nothing is made")
    func notRoot() throws {
      let node = try ForegroundNode()
      chmod(node.places.scratch.path, 0o777)
      let result = try run(
        node,
        "setpriv --reuid 65534 --regid 65534 --clear-groups $run 2>$err",
        state: node.places.scratch.path + "/new"
      )
      #expect(result.status == .exited(125))
      #expect(result.err.contains("needs root") && result.err.split(separator: "\n").count == 1, "\(result.err)")
      #expect(access(node.places.scratch.path + "/new", F_OK) != 0)
    }

    /// A shell in a mount namespace of its own, where `command` has prepared a filesystem at `$place`.
    private func withPlace(_ node: ForegroundNode, _ command: String, _ line: String) -> String {
      let place = node.places.scratch.path + "/place"
      mkdir(place, 0o755)
      return
        "export run out err; place=\(place) unshare --mount --propagation private sh -c '\(command) && \(line)' 2>>$err"
    }

    @Test("a state directory that cannot be written to is named, and nothing is left")
    func readOnlyState() throws {
      let node = try ForegroundNode()
      let state = node.places.scratch.path + "/place/state"
      var result = try run(
        node,
        withPlace(node, "mount -t tmpfs none $place && mount -o remount,ro $place", "$run 2>$err"),
        state: state
      )
      #expect(result.status == .exited(125))
      #expect(result.err.contains(state) && result.err.contains("Read-only file system"), "\(result.err)")
      // The images can be read, and nothing else be written.
      let store = node.places.state
      result = try run(
        node,
        withPlace(node, "mount --bind \(store) $place && mount -o remount,bind,ro $place", "$run 2>$err"),
        state: node.places.scratch.path + "/place"
      )
      #expect(result.status == .exited(125))
      #expect(result.err.contains("/place/") && result.err.contains("Read-only file system"), "\(result.err)")
      let base = node.places.hierarchy.mountPoint + "/swiftlet/"
      for path in [state, node.places.scratch.path + "/place"] {
        #expect(access(base + instanceName(stateDirectory: path), F_OK) != 0, "a cgroup is left for \(path)")
      }
    }

    @Test("a full disk and a full run directory are named, and nothing is left", arguments: ["state", "run"])
    func full(_ which: String) throws {
      let node = try ForegroundNode()
      let place = node.places.scratch.path + "/place"
      let swiftlet = builtProgram("swiftlet")
      let image = "\(swiftlet) image import \(node.places.scratch.path)/image.tar crash"
      let command: String
      if which == "state" {
        command =
          "mount -t tmpfs -o size=8m none $place && \(image) --state-dir $place/state --run-dir \(node.places.run) >/dev/null"
      } else {
        command = "mount -t tmpfs -o size=64k none $place"
      }
      let words = which == "state" ? "--state-dir $place/state" : "--run-dir $place/run"
      let fill =
        "head -c 16m /dev/zero >$place/fill 2>/dev/null; $run \(words) 2>$err; code=$?; find $place/run/pods -type d"
      let result = try run(node, withPlace(node, command, fill + " >$out 2>/dev/null; exit $code"))
      #expect(result.status == .exited(125), "\(result)")
      #expect(result.err.contains(place) && result.err.contains("No space left on device"), "\(result.err)")
      #expect(result.out.split(separator: "\n").count <= 1, "a pod's directory is left: \(result.out)")
    }

    @Test("a filesystem that cannot hold writable layers is told by the root's mount")
    func overlayOnOverlay() throws {
      let node = try ForegroundNode()
      let swiftlet = builtProgram("swiftlet")
      let command =
        "mount -t tmpfs none $place && mkdir $place/l $place/u $place/w $place/m && "
        + "mount -t overlay -o lowerdir=$place/l,upperdir=$place/u,workdir=$place/w none $place/m && "
        + "\(swiftlet) image import \(node.places.scratch.path)/image.tar crash --state-dir $place/m --run-dir \(node.places.run) >/dev/null"
      let result = try run(node, withPlace(node, command, "$run --state-dir $place/m 2>$err"))
      #expect(result.status == .exited(125))
      #expect(result.err.contains("mount the root") && result.err.contains("writable layer"), "\(result.err)")
    }

    // MARK: Two at once, keeping, stopping

    @Test("two pods of one name run side by side; of one UID the second is refused by name")
    func twice() throws {
      let node = try ForegroundNode()
      let manifest = try node.manifest("echo hello; sleep 1")
      let named = node.commandLine(["run", "-f", manifest.file])
      let anonymous = node.places.scratch.path + "/anonymous.yaml"
      let both = try run(
        node,
        "sed 's/, uid: [^}]*//' \(manifest.file) >\(anonymous); run='\(node.commandLine(["run", "-f", anonymous]))'; "
          + "$run >>$out 2>>$err & one=$!; $run >>$out 2>>$err && wait $one",
        script: "echo hello; sleep 1"
      )
      #expect(both.status == .exited(0) && both.out == "c | hello\nc | hello\n", "\(both)")
      let refused = try run(
        node,
        "\(named) >/dev/null 2>&1 & sleep 0.5; \(named) 2>$err; code=$?; wait; exit $code",
        script: "echo hello; sleep 1"
      )
      #expect(refused.status == .exited(125))
      #expect(refused.err.contains("default/crash") && refused.err.contains("has an owner already"), "\(refused.err)")
    }

    @Test("a run whose supervisor is stopped can be ended, and leaves nothing")
    func stoppedSupervisor() throws {
      let node = try ForegroundNode()
      let manifest = try node.manifest("echo ready; sleep 1000", grace: 1)
      let owner = try node.spawn(["run", "-f", manifest.file])
      let supervisor = try Required.value(try node.supervisor(of: manifest.uid))
      for _ in 0..<1000 where !node.text("out").contains("ready") { usleep(5000) }
      kill(supervisor, SIGSTOP)
      kill(owner, SIGINT)
      usleep(200_000)
      kill(owner, SIGINT)
      let began = Clock.monotonicNanoseconds()
      let status = try ForegroundNode.wait(owner, seconds: 60)
      #expect(Clock.monotonicNanoseconds() - began < 30_000_000_000)
      #expect(status == .exited(137) || status == .exited(125), "\(status): \(node.text("err"))")
      #expect(try node.oracle(beforeNextCommand: true).settle() == [])
    }

    @Test("what is kept is named and there, and nothing else is")
    func kept() throws {
      let node = try ForegroundNode()
      let manifest = try node.manifest("echo hello; echo made >/tmp/file")
      #expect(try node.command(["run", "--keep", "-f", manifest.file]) == .exited(0))
      let logs = node.places.state + "/logs/default_crash_\(manifest.uid)"
      let layers = node.places.state + "/pods/\(manifest.uid)"
      #expect(node.text("err").contains("kept: \(logs) and \(layers)"))
      #expect(access(logs + "/c/0.log", F_OK) == 0 && access(layers + "/c.0/u/tmp/file", F_OK) == 0)
      #expect(try node.command(["image", "list"]) == .exited(0))
      #expect(access(layers + "/c.0/u/tmp/file", F_OK) == 0, "it is no leftover")
      for (parent, name) in [("logs", "default_crash_\(manifest.uid)"), ("pods", manifest.uid)] {
        let directory = try openDirectory(AT_FDCWD, "\(node.places.state)/\(parent)")
        try removeTree(directory.raw, name)
      }
      #expect(try node.oracle().settle() == [])
    }
  }
}
