import CLinux
import Glibc
import Linux

/// The supervisor's whole program: descriptor 3 is the listening socket, bound by whoever started it; descriptor 4 is the
/// program itself and goes.
///
/// It ends with 0 when everything that it supervised has ended, with 1 when it could not begin.
public func runShim() -> Never {
  fillStandardDescriptors()
  close(4)
  do throws(SyscallError) {
    try Supervisor(listener: OwnedFD(3)).run()
  } catch {
    let text = Array("swiftlet-shim: \(error); it is started by swiftlet, not by hand\n".utf8)
    // Nobody may be listening; the exit code says it too.
    _ = write(2, text, text.count)
    exit(1)
  }
}
