import ArchiveTestKit
import CLinux
import Dispatch
import Glibc
import Linux
import Synchronization
import Testing
import UnpackPlan

/// Exchanges two names again and again, on a thread of its own and outside of any confinement, until told to stop.
private final class Exchange: Sendable {
  private let isRunning = Mutex(true)
  private let group = DispatchGroup()
  private let done = Mutex(0)

  /// How often it was done so far.
  var count: Int { done.withLock { $0 } }

  init(_ one: String, _ other: String) {
    DispatchQueue.global().async(group: group) { [self] in
      // RENAME_EXCHANGE (linux/fs.h).
      while isRunning.withLock({ $0 }) {
        if lx_renameat2(AT_FDCWD, one, AT_FDCWD, other, 2) == 0 {
          done.withLock { $0 += 1 }
        }
      }
    }
  }

  func stop() {
    isRunning.withLock { $0 = false }
    group.wait()
  }
}

@Suite("Somebody renames inside the layer while it is unpacked (SEC-41)", .enabled(if: isRoot, "needs root"))
struct RenameRaceTests {
  @Test(
    "Nothing outside is touched, wherever the link leads that takes a directory's place",
    arguments: ["/etc", "../etc", "../../../../../../../../etc", "/proc/self/cwd/../etc"]
  )
  func exchanged(_ leadsTo: String) throws {
    let unpacking = try Unpacking()
    try makeDirectory(AT_FDCWD, unpacking.target + "/a")
    try check("symlink") { symlink(leadsTo, unpacking.target + "/b") }
    var tar = TarWriter()
    for index in 0..<1500 {
      tar.file("a/passwd", "written \(index)")
      tar.directory("a/sub\(index % 7)", mode: 0o777)
      tar.link("a/passwd", "a/sub\(index % 7)/link")
      tar.file("a/.wh.shadow")
    }
    let exchange = Exchange(unpacking.target + "/a", unpacking.target + "/b")
    let first = exchange.count
    while exchange.count < first + 200 {
      try unpacking.run(tar.finished) { _ in }
      // It may end or give up; it may not be ended by what it did.
      #expect(unpacking.message != nil, "\(String(describing: unpacking.status))")
    }
    exchange.stop()
    #expect(try unpacking.outsideIsUntouched())
  }
}
