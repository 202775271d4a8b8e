import ArchiveTestKit
import Glibc
import Linux
import NativeRuntime
import RuntimeAPI
import Testing

extension Crashes {
  /// ORD-03: each kind of system call fails once, with each error that a machine in trouble gives.
  @Suite("A failing system call ends the start by name, or changes nothing of the sandbox")
  struct Faults {
    static let errors = [EPERM, ENOMEM, EIO, ENOSPC, EINTR, EMFILE]

    /// These cannot fail, or nobody can act on their failure; an answer that the kernel never gives proves nothing.
    static let cannotFail: Set<String> = [
      "umask", "exit_group", "exit", "getpid", "getppid", "gettid", "close", "munmap", "brk", "futex", "rt_sigreturn",
      "clock_gettime", "restart_syscall", "madvise",
    ]

    @Test("in a container's first process", arguments: try Order.boxes(["/bin/payload", "dump"]))
    func container(_ box: Box) async throws {
      try await fail(box, .run, caller: .child(0), perKind: 1)
    }

    @Test("in an exec", arguments: [TracedCall.Caller.child(0), .child(1)])
    func session(_ caller: TracedCall.Caller) async throws {
      try await fail(try .standard(["/bin/payload", "sleep"]), .exec, caller: caller, perKind: 1)
    }

    @Test("in the supervisor", arguments: [Attempt.Course.run, .exec])
    func supervisor(_ course: Attempt.Course) async throws {
      let program = course == .run ? "dump" : "sleep"
      try await fail(try .standard(["/bin/payload", program]), course, caller: .supervisor, perKind: 1)
    }

    private func fail(_ box: Box, _ course: Attempt.Course, caller: TracedCall.Caller, perKind: Int) async throws {
      let node = try Node()
      let untouched = try await Attempt.make(node, box, course)
      #expect(untouched.traces == [])
      let view = try Required.value(untouched.view, "the untouched container's view: \(untouched.outcome)")
      let again = try Required.value(try await Attempt.make(node, box, course).view)
      try #require(again.differences(from: view) == [], "two untouched containers differ")
      let calls = untouched.calls.filter { $0.caller == caller && !Self.cannotFail.contains($0.name) }
      let kinds = Dictionary(grouping: calls, by: \.name)
      try #require(kinds.count > 3, "too few calls of \(caller) were seen: \(kinds.keys.sorted())")
      var generator = Draw(seed: Scale.seed)
      for name in kinds.keys.sorted() {
        // At the usual scale each box takes one error for each kind; the boxes and scales take turns.
        for error in Self.errors.shuffled(using: &generator).prefix(perKind * Scale.factor) {
          let occurrence = Int.random(in: 0..<(kinds[name] ?? []).count, using: &generator)
          try await one(node, box, course, caller, name, occurrence, error, view)
        }
      }
      #expect(try node.traces() == [])
    }

    private func one(
      _ node: Node,
      _ box: Box,
      _ course: Attempt.Course,
      _ caller: TracedCall.Caller,
      _ name: String,
      _ occurrence: Int,
      _ error: Int32,
      _ view: SandboxView
    ) async throws {
      let attempt = try await Attempt.make(node, box, course) { call in
        call.caller == caller && call.name == name && call.occurrence == occurrence ? .fail(error) : .proceed
      }
      let place =
        "errno \(error) at \(attempt.acted.map(\.description) ?? "\(name) \(occurrence)") (SEED=\(Scale.seed))"
      #expect(attempt.traces == [], "\(place)")
      switch attempt.outcome {
      case .refused(let refusal): #expect(Self.isNamed(refusal), "\(place): \(refusal)")
      case .ended(let exit, let output):
        // A supervisor that could not go on may have lost the end, but not before the container was whole.
        if let seen = SandboxView(output) {
          // Where device control refuses the container's /dev/null, the input stays the host's behind a read-only mount.
          let mayKeepNull = error == EPERM && attempt.acted?.texts == ["null"]
          let differences = seen.differences(from: view).filter { !mayKeepNull || !$0.contains(".descriptors = fd=0 ") }
          #expect(differences == [], "\(place)")
        } else {
          #expect(exit.outcome != .exited(code: 0) || caller == .supervisor, "\(place): ran without a word: \(output)")
        }
      }
    }

    /// An error that tells a person what failed.
    private static func isNamed(_ error: RuntimeError) -> Bool {
      switch error {
      case .failed(let step, _, _): !step.isEmpty
      case .cannotExecute(let program, _): !program.isEmpty
      case .sandboxLost, .wrongState: true
      default: false
      }
    }
  }
}

extension Attempt {
  /// What the container said it saw.
  var view: SandboxView? {
    guard case .ended(_, let output) = outcome else { return nil }
    return SandboxView(output)
  }
}
