import Glibc
import Linux

/// Tells a blocked thread that its task was cancelled: a pipe that becomes readable.
final class Cancellation: Sendable {
  /// Readable once cancelled, for poll(2).
  let descriptor: SharedFD
  private let trigger: SharedFD

  init() throws(ImageStoreError) {
    let pipe = try step("pipe") { () throws(SyscallError) in try Pipe() }
    descriptor = SharedFD(pipe.reader)
    trigger = SharedFD(pipe.writer)
  }

  func cancel() {
    var byte: UInt8 = 0
    // Written a few times at most, to an empty pipe whose other end is open: this can neither wait nor fail.
    _ = write(trigger.raw, &byte, 1)
  }
}

/// Runs blocking work on a thread of its own, away from the concurrency pool. The child it spawns dies with that thread.
///
/// - Parameter cancellation: What else ends the work, besides the task's own cancellation.
func onThread<Value: Sendable>(
  _ cancellation: Cancellation? = nil,
  _ body: @escaping @Sendable (Cancellation) throws(ImageStoreError) -> Value
) async throws(ImageStoreError) -> Value {
  let cancellation = if let cancellation { cancellation } else { try Cancellation() }
  let result: Result<Value, ImageStoreError> = await withTaskCancellationHandler {
    await withCheckedContinuation { continuation in
      do throws(SyscallError) {
        try startThread {
          do throws(ImageStoreError) {
            continuation.resume(returning: .success(try body(cancellation)))
          } catch {
            continuation.resume(returning: .failure(error))
          }
        }
      } catch {
        continuation.resume(returning: .failure(.system("thread", error)))
      }
    }
  } onCancel: {
    cancellation.cancel()
  }
  return try result.get()
}

/// Starts a thread. Not one of Dispatch's: those are limited in number, and each that waits for a child would keep one from
/// what the child waits for.
private func startThread(_ body: @escaping @Sendable () -> Void) throws(SyscallError) {
  let box = Unmanaged.passRetained(ThreadBody(body))
  var thread = pthread_t()
  let code = pthread_create(&thread, nil, { runThread($0) }, box.toOpaque())
  guard code == 0 else {
    box.release()
    throw SyscallError("pthread_create", code)
  }
  pthread_detach(thread)
}

private func runThread(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  if let argument { Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue().body() }
  return nil
}

private final class ThreadBody: Sendable {
  let body: @Sendable () -> Void

  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}
