import Glibc
import Linux
import RuntimeAPI

extension ConformanceCase {
  static let lifecycle: [ConformanceCase] = [
    ConformanceCase("create does everything but the first instruction") { context in
      let pod = try await context.sandbox()
      let id = try await pod.create(script: "echo ran > /shared/ran")
      // Long enough for a container that would run by itself.
      try await Task.sleep(nanoseconds: 200_000_000)
      try expect(access(context.world.shared + "/ran", F_OK) != 0, "nothing to have run before start", seen: "it ran")
      try expect(pod.hasCgroup(id), "a cgroup from create on", seen: "none")
      let listed = try await context.runtime.list().flatMap(\.containers)
      guard listed.count == 1, case .created = listed[0].state else {
        throw ConformanceFailure(expected: "one created container in the list", seen: "\(listed)")
      }
      try await pod.start(id)
      try expect(try await pod.wait(id).outcome, is: .exited(code: 0), "the exit")
      try expect(access(context.world.shared + "/ran", F_OK) == 0, "the program to have run", seen: "it did not")
    },
    // 14 are the most that fsconfig(2) takes in one value, 15 the first for which Linux before 6.5 needs mount(2).
    ConformanceCase("a root may have up to 120 layers, and the upper ones hide the lower ones") { context in
      let pod = try await context.sandbox()
      var layers = [context.world.layer]
      for number in 2...120 {
        let layer = "\(context.world.directory)/layer-\(number)"
        try ensureDirectories(layer + "/numbers", mode: 0o755)
        for name in ["top", "numbers/\(number)"] {
          let file = try openAt(AT_FDCWD, "\(layer)/\(name)", O_WRONLY | O_CREAT, mode: 0o644)
          try writeAll(file.raw, Array("\(number)\n".utf8))
        }
        layers.append(layer)
      }
      for (attempt, count) in [2, 14, 15, 16, 120].enumerated() {
        let id = try await pod.create(script: "cat /top; ls /numbers | wc -l; > /top; cat /top", attempt: attempt) {
          guard case .overlay(_, let upper, let work) = $0.rootFilesystem else { return }
          $0.rootFilesystem = .overlay(layers: Array(layers.prefix(count)), upper: upper, work: work)
        }
        try await pod.start(id)
        _ = try await pod.wait(id)
        try expect(try pod.log(id).lines, is: ["\(count)", "\(count - 1)"], "the output with \(count) layers")
      }
    },
    ConformanceCase("exit codes arrive as they are") { context in
      let pod = try await context.sandbox()
      for code in [0, 1, 7, 255] as [Int32] {
        let exit = try await pod.run("main", script: "exit \(code)", attempt: Int(code)).exit
        try expect(exit.outcome, is: .exited(code: code), "the exit of 'exit \(code)'")
        try expect(exit.code, is: code, "the code of 'exit \(code)'")
        try expect(!exit.oomKilled, "no OOM kill", seen: "one")
        guard let started = exit.startedAt, started <= exit.finishedAt else {
          throw ConformanceFailure(expected: "a start before the end", seen: "\(exit)")
        }
      }
    },
    ConformanceCase("wait answers before and after the end, any number of times") { context in
      let pod = try await context.sandbox()
      let id = try await pod.create(script: "exit 3")
      let waits = (0..<3).map { _ in Task { try await pod.wait(id) } }
      try await pod.start(id)
      var exits: [ContainerExit] = []
      for wait in waits { exits.append(try await wait.value) }
      for _ in 0..<2 { exits.append(try await pod.wait(id)) }
      try expect(Set(exits).count == 1 && exits[0].code == 3, "the same exit with code 3 five times", seen: "\(exits)")
    },
    ConformanceCase("delete removes the container and its cgroup, and its name is free again") { context in
      let pod = try await context.sandbox()
      let id = try await pod.launch(script: "exit 0")
      _ = try await pod.wait(id)
      try await context.runtime.delete(id)
      try expect(!pod.hasCgroup(id), "no cgroup after delete", seen: "it is there")
      try expect(try await context.runtime.list().flatMap(\.containers).isEmpty, "an empty list", seen: "a container")
      try await expectRefusal("wait for a deleted container", "notFound", matches: isNotFound) {
        try await pod.wait(id)
      }
      try expect(try await pod.run(script: "exit 4").exit.code, is: 4, "the code of another one of the same name")
    },
    ConformanceCase("a container that was never started can be deleted, and never runs") { context in
      let pod = try await context.sandbox()
      let id = try await pod.create(script: "echo ran > /shared/ran")
      try await context.runtime.delete(id)
      try expect(!pod.hasCgroup(id), "no cgroup after delete", seen: "it is there")
      try expect(access(context.world.shared + "/ran", F_OK) != 0, "nothing to have run", seen: "it ran")
    },
    ConformanceCase("removing a sandbox ends everything in it, and may be repeated") { context in
      let pod = try await context.sandbox()
      try await pod.launch("one", script: "sleep 1000 & sleep 1000")
      try await pod.create("two", script: "sleep 1000")
      try await context.runtime.removeSandbox(pod.id)
      try expect(access(pod.cgroup, F_OK) != 0, "no cgroup of the pod", seen: "it is there")
      try await context.runtime.removeSandbox(pod.id)
    },
    ConformanceCase("the root filesystem is a writable overlay; its layers stay as they are") { context in
      let pod = try await context.sandbox()
      let lines = try await pod.lines(
        script: "echo new > /etc/passwd && rm /bin/nc && cat /etc/passwd && test ! -e /bin/nc"
      )
      try expect(lines, is: ["new"], "what was written")
      let layer = context.world.layer
      try expect(access(layer + "/bin/nc", F_OK) == 0, "the layer to be as it was", seen: "a file is missing")
    },
    ConformanceCase("a read-only root refuses writes") { context in
      let pod = try await context.sandbox()
      let lines = try await pod.lines(script: "touch /x 2>/dev/null || echo refused; touch /dev/shm/x && echo shared") {
        $0.specification.root.readonly = true
      }
      try expect(lines, is: ["refused", "shared"], "the output")
    },
    ConformanceCase("a directory of the host can be the root") { context in
      let pod = try await context.sandbox()
      let lines = try await pod.lines(script: "ls -d /bin /shared && touch /made") {
        $0.rootFilesystem = .directory(context.world.layer)
      }
      try expect(lines, is: ["/bin", "/shared"], "the output")
      try expect(access(context.world.layer + "/made", F_OK) == 0, "what was written in the directory", seen: "nothing")
    },
    ConformanceCase("ten containers of one sandbox run at once") { context in
      let pod = try await context.sandbox()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for index in 0..<10 {
          group.addTask {
            let exit = try await pod.run("c\(index)", script: "sleep 0.2; exit \(index)").exit
            try expect(exit.code, is: Int32(index), "the code of container \(index)")
          }
        }
        try await group.waitForAll()
      }
    },
  ]
}

func isNotFound(_ error: any Error) -> Bool {
  if case RuntimeError.notFound = error { true } else { false }
}

func isWrongState(_ error: any Error) -> Bool {
  if case RuntimeError.wrongState = error { true } else { false }
}

func isAlreadyThere(_ error: any Error) -> Bool {
  if case RuntimeError.alreadyExists = error { true } else { false }
}
