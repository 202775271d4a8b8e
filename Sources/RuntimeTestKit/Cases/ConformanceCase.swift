import RuntimeAPI

/// What a runtime must be able to do for a case to apply to it.
public enum Capability: String, Hashable, Sendable, CaseIterable {
  /// Create, start, signal, wait, delete, and all that belongs to a container's life and surroundings.
  case lifecycle
  /// Other processes in a running container.
  case exec
  /// Standard streams and terminals.
  case attach
  /// A PID namespace shared by the containers of a sandbox.
  case sharedProcesses
  /// Programs whose failure to execute is found out in `start` (an unknown binary format).
  case reportsExecFormat
}

/// One promise of ``ContainerRuntime`` as a value: it runs against any runtime and throws where the promise is broken.
public struct ConformanceCase: Sendable, CustomStringConvertible {
  /// What is promised, as a sentence.
  public let name: String
  /// What a runtime must be able to do.
  public let needs: Set<Capability>
  /// Seconds after which the case has failed.
  public let seconds: Int
  let body: @Sendable (ConformanceContext) async throws -> Void

  init(
    _ name: String,
    needs: Set<Capability> = [.lifecycle],
    seconds: Int = 60,
    _ body: @escaping @Sendable (ConformanceContext) async throws -> Void
  ) {
    self.name = name
    self.needs = needs
    self.seconds = seconds
    self.body = body
  }

  /// The promise.
  public var description: String { name }

  /// Every case there is.
  public static let all: [ConformanceCase] =
    lifecycle + refusals + signals + logs + namespaces + mounts + privileges + streams + exec + recovery + expectations

  /// Those that apply to a runtime with these capabilities.
  public static func applicable(to capabilities: Set<Capability>) -> [ConformanceCase] {
    all.filter { $0.needs.isSubset(of: capabilities) }
  }

  /// Runs the case in surroundings of its own, removes them, and asks the leak oracle whether anything is left.
  public func run(on subject: ConformanceSubject) async throws {
    // Before the world, whose own removal is part of what is judged.
    let before = try LeakSnapshot.ofThisProcess()
    let context = try ConformanceContext(subject)
    var failure: (any Error)?
    do {
      let body = body
      try await withDeadline(seconds: seconds, "the case") { try await body(context) }
    } catch { failure = error }
    do { try await context.tearDown() } catch { failure = failure ?? error }
    if let failure { throw failure }
    try await LeakOracle.expectNothingLeft(since: before)
  }
}

/// A runtime that is put to the test.
public struct ConformanceSubject: Sendable {
  /// Its name, for messages.
  public var name: String
  /// What it can do.
  public var capabilities: Set<Capability>
  /// Makes one; called again where a case lets the agent die.
  public var make: @Sendable (TestWorld) throws -> any ContainerRuntime

  /// Names a runtime.
  public init(
    name: String,
    capabilities: Set<Capability>,
    make: @escaping @Sendable (TestWorld) throws -> any ContainerRuntime
  ) {
    self.name = name
    self.capabilities = capabilities
    self.make = make
  }
}

/// A promise that was not kept.
public struct ConformanceFailure: Error, Sendable, CustomStringConvertible {
  /// What should have been.
  public let expected: String
  /// What was.
  public let seen: String

  /// Makes a failure.
  public init(expected: String, seen: String) {
    self.expected = expected
    self.seen = seen
  }

  /// Both.
  public var description: String { "expected \(expected); seen: \(seen)" }
}

// MARK: Expectations

func expect(_ condition: Bool, _ expected: String, seen: @autoclosure () throws -> String) throws {
  if !condition { throw ConformanceFailure(expected: expected, seen: try seen()) }
}

func expect<T: Equatable>(_ seen: T, is expected: T, _ what: String) throws(ConformanceFailure) {
  if seen != expected { throw ConformanceFailure(expected: "\(what) to be \(expected)", seen: "\(seen)") }
}

/// Runs something that must be refused with an error that `matches` accepts.
func expectRefusal<T>(
  _ what: String,
  _ expected: String,
  matches: (any Error) -> Bool,
  _ body: () async throws -> T
) async throws {
  let result: T
  do { result = try await body() } catch {
    try expect(matches(error), "\(what) to be refused with \(expected)", seen: "\(error)")
    return
  }
  throw ConformanceFailure(expected: "\(what) to be refused with \(expected)", seen: "it succeeded with \(result)")
}
