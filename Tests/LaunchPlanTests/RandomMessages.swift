import LaunchPlan
import RuntimeTestKit

/// Plans and messages of any content.
extension SeededGenerator {
  mutating func number<I: FixedWidthInteger>(_ type: I.Type = I.self) -> I {
    pick([0, 1, .max, .min, I(truncatingIfNeeded: next())])
  }

  mutating func time() -> EventTime { EventTime(seconds: number(), nanoseconds: Int64(below(1_000_000_000))) }

  mutating func masks() -> CapabilityMasks {
    CapabilityMasks(
      bounding: number(),
      effective: number(),
      permitted: number(),
      inheritable: number(),
      ambient: number()
    )
  }

  mutating func process() -> ProcessStep {
    ProcessStep(
      arguments: ["/bin/" + text()] + list(4) { $0.text() },
      environment: list(4) { $0.text() },
      workingDirectory: text(),
      uid: number(),
      gid: number(),
      groups: list(4) { $0.number() },
      umask: number(),
      capabilities: masks(),
      noNewPrivileges: oneIn(2),
      limits: list(3) { LimitStep(resource: $0.number(), soft: $0.number(), hard: $0.number()) },
      oomScoreAdj: oneIn(2) ? number() : nil,
      terminal: oneIn(2),
      keyring: text(),
      filterFlags: number()
    )
  }

  mutating func root() -> RootStep {
    RootStep(
      layers: [text()] + list(3) { $0.text() },
      upper: text(),
      work: text(),
      mountPoint: text(),
      readonly: oneIn(2),
      devices: oneIn(2)
    )
  }

  mutating func mount() -> MountStep {
    MountStep(
      source: oneIn(2)
        ? .bind(path: text(), recursive: oneIn(2)) : .filesystem(type: text(), options: list(3) { $0.text() }),
      target: text(),
      attributes: number(),
      recursiveAttributes: number(),
      followsHost: oneIn(2)
    )
  }

  mutating func plan() -> LaunchPlan {
    LaunchPlan(
      root: root(),
      newPIDNamespace: oneIn(2),
      mounts: list(4) { $0.mount() },
      devices: list(3) {
        DeviceStep(
          path: $0.text(),
          mode: $0.number(),
          major: $0.number(),
          minor: $0.number(),
          uid: $0.number(),
          gid: $0.number()
        )
      },
      links: list(3) { LinkStep(path: $0.text(), target: $0.text()) },
      maskedPaths: list(3) { $0.text() },
      readonlyPaths: list(3) { $0.text() },
      process: process()
    )
  }

  mutating func stock() -> StockPlan {
    let plan = plan()
    return StockPlan(containers: number(), mounts: plan.mounts, devices: plan.devices, links: plan.links)
  }

  mutating func create() -> CreateContainer {
    CreateContainer(
      container: text(),
      logFile: text(),
      logFileBytes: number(),
      logFiles: number(),
      stdin: oneIn(2),
      terminal: oneIn(2),
      stopSignal: number(),
      filter: oneIn(2)
    )
  }

  mutating func sandbox() -> SandboxPlan {
    SandboxPlan(
      id: text(),
      hostname: text(),
      newNetwork: oneIn(2),
      networkIsGiven: oneIn(2),
      newIPC: oneIn(2),
      sharedPIDs: oneIn(2),
      sysctls: list(3) { Sysctl(path: $0.text(), value: $0.text()) },
      sharedMemoryBytes: number(),
      sharedMemoryPath: text(),
      mountsPath: text(),
      graceAfterOwner: oneIn(2) ? number() : nil,
      unifiedCgroupView: oneIn(2)
    )
  }

  mutating func request() -> ShimRequest {
    let operation: ShimRequest.Operation =
      switch below(12) {
      case 0: .sandbox(sandbox())
      case 1: .create(create())
      case 2:
        .createExternal(
          ExternalContainer(
            common: create(),
            root: root(),
            create: list(5) { $0.text() },
            start: list(3) { $0.text() },
            delete: list(3) { $0.text() },
            pidFile: text()
          )
        )
      case 3: .start(container: text())
      case 4: .signal(container: text(), signal: number(), everyProcess: oneIn(2))
      case 5:
        .exec(
          StartExec(
            container: text(),
            session: text(),
            stdin: oneIn(2),
            terminal: oneIn(2),
            filter: oneIn(2),
            timeout: oneIn(2) ? number() : nil
          )
        )
      case 6: .killExec(session: text())
      case 7: .attach(container: text())
      case 8: .delete(container: text())
      case 9: .state
      case 10: .stock(stock())
      default: .shutDown
      }
    return ShimRequest(number: number(), operation: operation)
  }

  mutating func end() -> ProcessEnd {
    ProcessEnd(
      name: text(),
      isSession: oneIn(2),
      code: number(),
      signaled: oneIn(2),
      oomKilled: oneIn(2),
      startedAt: oneIn(2) ? time() : nil,
      finishedAt: time()
    )
  }

  mutating func message() -> ShimMessage {
    let kinds: [Failure.Kind] = [.step, .cannotExecute, .notFound, .alreadyExists, .wrongState, .malformed]
    let roles: [ShimReply.DescriptorRole] = [.pidfd, .input, .output, .errorOutput, .terminal]
    let reply: ShimReply =
      switch below(4) {
      case 0: .done
      case 1:
        .process(
          pid: number(),
          startedAt: oneIn(2) ? time() : nil,
          launch: oneIn(2) ? number() : nil,
          descriptors: list(5) { $0.pick(roles) }
        )
      case 2:
        .state(
          list(4) { generator in
            ContainerRecord(
              container: generator.text(),
              pid: generator.number(),
              startedAt: generator.oneIn(2) ? generator.time() : nil,
              end: generator.oneIn(2) ? generator.end() : nil
            )
          }
        )
      default: .failure(Failure(pick(kinds), step: text(), errno: number(), detail: text()))
      }
    return oneIn(3) ? .ended(end()) : .reply(number: number(), reply)
  }
}
