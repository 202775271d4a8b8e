import Glibc
import Linux
import RuntimeAPI
import Testing

@testable import PodEngine

extension Sandbox {
  @Suite("What a container uses stays locked for as long as its supervisor lives")
  struct HeldFileTests {
    /// The lock on an image's lease belongs to the open file: the layers stay pinned although whoever took it has gone.
    @Test("A held lock outlives the descriptor that took it, and ends with the sandbox")
    func lock() async throws {
      try await Node.with { node in
        let path = node.root + "/lease"
        var given: OwnedFD? = try openAt(AT_FDCWD, path, O_RDWR | O_CREAT)
        let observer = try openAt(AT_FDCWD, path, O_RDWR)
        try await node.withSandbox(SandboxProfile.standard.pod) { sandbox in
          guard let container = ContainerID(sandbox: sandbox.id, name: "main", attempt: 0) else {
            throw Trouble("no container name")
          }
          if let file = given.take() {
            #expect(try FileLock.tryLock(file.raw, .exclusive))
            try await node.runtime.hold(file.raw, for: container)
          }
          #expect(try FileLock.isHeld(observer.raw))
        }
        #expect(try !FileLock.isHeld(observer.raw))
      }
    }
  }
}
