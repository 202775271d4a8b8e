import CLinux
import Glibc
import Linux

/// The terminal of this program while a container has it: every key goes to the container, Ctrl-C too.
final class RawTerminal: Sendable {
  private let descriptor: Int32
  private let saved: termios

  /// Puts a terminal into raw mode (`cfmakeraw(3)`).
  init(_ descriptor: Int32) throws(SyscallError) {
    self.descriptor = descriptor
    var mode = termios()
    try check("tcgetattr") { tcgetattr(descriptor, &mode) }
    saved = mode
    cfmakeraw(&mode)
    try check("tcsetattr") { tcsetattr(descriptor, TCSANOW, &mode) }
  }

  /// Puts it back as it was.
  func restore() {
    var mode = saved
    tcsetattr(descriptor, TCSADRAIN, &mode)
  }

  /// Gives a container's terminal the size of this one.
  func copySize(to other: Int32) {
    var rows: UInt16 = 0
    var columns: UInt16 = 0
    // A terminal without a size, as on a serial line, leaves the other as it is.
    if lx_get_window_size(descriptor, &rows, &columns) == 0 { lx_set_window_size(other, rows, columns) }
  }
}
