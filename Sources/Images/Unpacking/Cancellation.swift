import Dispatch
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
    // Written once, to an empty pipe whose other end is open: this can neither wait nor fail.
    _ = write(trigger.raw, &byte, 1)
  }
}

/// Runs blocking work on a thread of its own, away from the concurrency pool. The child it spawns dies with that thread.
func onThread<Value: Sendable>(
  _ body: @escaping @Sendable (Cancellation) throws(ImageStoreError) -> Value
) async throws(ImageStoreError) -> Value {
  let cancellation = try Cancellation()
  let result = await withTaskCancellationHandler {
    await withCheckedContinuation { (continuation: CheckedContinuation<Result<Value, ImageStoreError>, Never>) in
      DispatchQueue.global().async {
        do throws(ImageStoreError) {
          continuation.resume(returning: .success(try body(cancellation)))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
  } onCancel: {
    cancellation.cancel()
  }
  return try result.get()
}
