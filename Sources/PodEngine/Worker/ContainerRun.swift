import Glibc
import Images
import Linux
import PodLogic
import PodModel
import RuntimeAPI
import Synchronization

/// Carries out actions about one attempt of a container.
struct ContainerRun: Sendable {
  typealias Answer = @Sendable (PodWorker.Input) -> Void

  let runner: ActionRunner
  let container: Container
  let id: ContainerID
  let resources: PodResources

  func perform(_ action: ContainerAction, _ answer: @escaping Answer) async {
    switch action {
    case .resolveImage: answer(await resolveImage(answer))
    case .create: await create(answer)
    case .start: await start(answer)
    case .postStart: answer(event(await postStart()))
    case .preStop: answer(event(await preStop()))
    case .probe(let kind): answer(event(await probe(kind)))
    case .stop: await signal(resources.stopSignals[container.name] ?? SignalName.terminate, .initProcess, answer)
    case .kill: await signal(SIGKILL, .everyProcess, answer)
    case .delete: await delete(answer)
    }
  }

  private func event(_ event: ContainerEvent) -> PodWorker.Input {
    .event(.container(container.name, attempt: id.attempt, event))
  }

  // MARK: Image

  /// The status shows each second how far a pull is; whoever keeps events would have too many of them.
  private static let progressInterval = Duration.seconds(10)

  private func resolveImage(_ answer: @escaping Answer) async -> PodWorker.Input {
    do throws(ImageReferenceError) {
      let reference = try ImageReference(container.image)
      return await find(reference, answer)
    } catch {
      let name = GoQuoted.text(container.image)
      return event(
        .imageFailed(
          .invalidName("Failed to apply default image tag \(name): couldn't parse image name \(name): \(error.reason)")
        )
      )
    }
  }

  /// The image as `imagePullPolicy` wants it: from the store, from the registry, or whichever has it first.
  private func find(_ reference: ImageReference, _ answer: @escaping Answer) async -> PodWorker.Input {
    let holder = "pod \(runner.pod.metadata.namespace)/\(runner.pod.metadata.name)"
    if container.imagePullPolicy != .always {
      do throws(ImageStoreError) {
        if let image = try await runner.ports.images.find(reference, holder: holder) {
          return .image(container.name, attempt: id.attempt, image, nil)
        }
      } catch {
        return event(.imageFailed(.inspect("Failed to inspect image \(GoQuoted.text(container.image)): \(error)")))
      }
    }
    if container.imagePullPolicy == .never {
      let message = "Container image \"\(container.image)\" is not present with pull policy of Never"
      return event(.imageFailed(.neverPull(message)))
    }
    return await pull(reference, holder, answer)
  }

  private func pull(_ reference: ImageReference, _ holder: String, _ answer: @escaping Answer) async -> PodWorker.Input
  {
    answer(event(.imagePulling))
    let start = ContinuousClock.now
    let clock = runner.ports.clock
    let told = Mutex(clock.now.instant)
    do throws(ImageStoreError) {
      let image = try await runner.ports.images.pull(reference, for: runner.pod, holder: holder) { text in
        answer(event(.imageProgress(text)))
        let isDue = told.withLock { told in
          let now = clock.now.instant
          guard now - told >= Self.progressInterval else { return false }
          told = now
          return true
        }
        if isDue { answer(.notice(.pullProgress(text, container: container.name, image: container.image))) }
      }
      let pulled = PullSummary(duration: start.duration(to: .now), bytes: image.bytes)
      return .image(container.name, attempt: id.attempt, image, pulled)
    } catch {
      return event(.imageFailed(.pull(error.description)))
    }
  }

  // MARK: Life

  private func create(_ answer: @escaping Answer) async {
    let blueprint: ContainerBlueprint
    let translation: ContainerTranslation
    do throws(ConfigurationError) {
      let environment = try await environment()
      blueprint = try self.blueprint(environment, try await containerVolumes(environment))
      translation = try ContainerTranslation(blueprint)
    } catch {
      await removeOwnMounts()
      return answer(event(.createFailed(.configuration(error.description))))
    }
    do throws(SyscallError) {
      try runner.files.prepare(container.name, attempt: id.attempt, volumes: blueprint.imageVolumes)
    } catch {
      return answer(event(.createFailed(.runtime("the container's directories: \(error)"))))
    }
    do throws(RuntimeError) {
      if let lease = resources.images[container.name]?.lease as? ImageLease {
        // The layers must outlive this process for as long as the container does.
        try await runner.runtime.hold(lease.descriptor, for: id)
      }
      _ = try await runner.runtime.create(translation.configuration)
      let attachment = try await attach()
      answer(.created(container.name, attempt: id.attempt, created(translation, attachment)))
    } catch {
      await withdraw(error, blueprint.volumes.explain(error), answer)
    }
  }

  private func created(_ translation: ContainerTranslation, _ attachment: Attachment?) -> CreatedContainer {
    let directory = runner.settings.directories.logs(runner.pod)
    let process = translation.configuration.specification.process
    return CreatedContainer(
      identifier: "\(runner.runtime.features.handler)://\(id)",
      process: process,
      user: LinuxContainerUser(
        uid: process.user.uid,
        gid: process.user.gid,
        supplementalGroups: process.user.additionalGids
      ),
      stopSignal: translation.configuration.stopSignal,
      logFile: "\(directory)/\(translation.configuration.streams.logFile)",
      droppedLimits: translation.droppedLimits,
      attachment: attachment
    )
  }

  private func attach() async throws(RuntimeError) -> Attachment? {
    guard runner.settings.attached.contains(container.name) else { return nil }
    return try await runner.runtime.attach(to: id)
  }

  /// A container that could not be made, or be attached to, leaves nothing behind.
  private func withdraw(_ error: RuntimeError, _ reason: String, _ answer: @escaping Answer) async {
    var message = reason
    do throws(RuntimeError) { try await runner.runtime.delete(id) } catch {
      switch error {
      case .notFound, .sandboxLost: break
      default: message += "; what was made of it could not be removed: \(error)"
      }
    }
    await removeOwnMounts()
    do throws(SyscallError) { try runner.files.remove(container.name, attempt: id.attempt) } catch {
      message += "; its directories could not be removed: \(error)"
    }
    answer(event(.createFailed(error.isAboutConfiguration ? .configuration(message) : .runtime(message))))
    if case .sandboxLost = error { answer(.event(.sandboxLost)) }
  }

  private func start(_ answer: @escaping Answer) async {
    do throws(RuntimeError) {
      let status = try await runner.runtime.start(id)
      if case .running(let pid, let time) = status.state {
        answer(event(.started(at: Timestamp(time), pid: pid)))
      }
      await awaitEnd(answer)
    } catch {
      await explainFailedStart(error, answer)
    }
  }

  private func explainFailedStart(_ error: RuntimeError, _ answer: @escaping Answer) async {
    switch error {
    case .sandboxLost:
      answer(event(.ended(unknownEnd, message: error.description)))
      answer(.event(.sandboxLost))
    case .cannotExecute(_, let number):
      answer(event(.startFailed(code: number == ENOENT ? 127 : 128, message: error.description)))
    default:
      answer(event(.startFailed(code: 128, message: error.description)))
    }
  }

  private func awaitEnd(_ answer: @escaping Answer) async {
    var end: ContainerEnd
    var message = ""
    do throws(RuntimeError) {
      end = ContainerEnd(try await runner.runtime.wait(for: id))
    } catch {
      end = unknownEnd
      message = error.description
    }
    do throws(SyscallError) {
      let failed = end.code != 0 || end.cause == .unknown
      let said = try runner.files.terminationMessage(container, attempt: id.attempt, failed: failed)
      if !said.isEmpty { message = said }
    } catch {
      message = "the termination message could not be read: \(error)"
    }
    answer(event(.ended(end, message: message)))
  }

  private var unknownEnd: ContainerEnd {
    ContainerEnd(
      code: Termination.unknownCode,
      cause: .unknown,
      startedAt: nil,
      finishedAt: runner.ports.clock.now.wall
    )
  }

  private func signal(_ number: Int32, _ target: SignalTarget, _ answer: @escaping Answer) async {
    do throws(RuntimeError) {
      try await runner.runtime.signal(id, number, to: target)
    } catch {
      switch error {
      // It has ended meanwhile, and its end is on the way.
      case .notFound, .wrongState: return
      case .sandboxLost: answer(.event(.sandboxLost))
      default: answer(event(.signalFailed(error.description)))
      }
    }
  }

  private func delete(_ answer: @escaping Answer) async {
    do throws(RuntimeError) {
      try await runner.runtime.delete(id)
    } catch {
      switch error {
      case .notFound: break
      case .sandboxLost: answer(.event(.sandboxLost))
      default: return answer(event(.deleteFailed(error.description)))
      }
    }
    await removeOwnMounts()
    do throws(SyscallError) {
      if !runner.settings.retention.keepsLayers { try runner.files.remove(container.name, attempt: id.attempt) }
      answer(event(.deleted))
    } catch {
      answer(event(.deleteFailed("the container's directories: \(error)")))
    }
  }
}

extension RuntimeError {
  /// Trying again cannot help: the pod asks for something that cannot be had.
  fileprivate var isAboutConfiguration: Bool {
    switch self {
    case .unsupported, .invalid, .unenforceable: true
    default: false
    }
  }
}

extension Timestamp {
  init(_ time: WallTime) {
    self.init(seconds: time.seconds, nanoseconds: Int32(clamping: time.nanoseconds))
  }
}

extension ContainerEnd {
  init(_ exit: ContainerExit) {
    let cause: Cause =
      if exit.outcome == .unknown { .unknown } else if exit.oomKilled { .outOfMemory } else { .itself }
    self.init(
      code: exit.code,
      cause: cause,
      startedAt: exit.startedAt.map(Timestamp.init),
      finishedAt: Timestamp(exit.finishedAt)
    )
  }
}
