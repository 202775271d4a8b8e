import Glibc

/// A system call that failed: which one, and the kernel's answer (`errno(3)`).
public struct SyscallError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The call's name, `openat2`, or a step's name where several calls serve one purpose.
  public let call: String
  /// The error number.
  public let errno: Int32

  /// Makes an error.
  public init(_ call: String, _ errno: Int32) {
    self.call = call
    self.errno = errno
  }

  /// `openat2: No such file or directory`.
  public var description: String { "\(call): \(errorText(errno))" }
}

/// The C library's words for an error number.
public func errorText(_ errno: Int32) -> String {
  var buffer = [CChar](repeating: 0, count: 128)
  guard strerror_r(errno, &buffer, buffer.count) == 0 else { return "error \(errno)" }
  return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// Runs one system call, again when a signal interrupted it, and turns -1 into an error.
///
/// `errno` is read before anything that could allocate, since allocating may change it.
@inline(__always)
@discardableResult
public func check(_ call: StaticString, _ body: () -> Int32) throws(SyscallError) -> Int32 {
  while true {
    let result = body()
    if result >= 0 { return result }
    let code = Glibc.errno
    if code != EINTR { throw SyscallError("\(call)", code) }
  }
}

/// The same for calls that count bytes.
@inline(__always)
@discardableResult
public func checkCount(_ call: StaticString, _ body: () -> Int) throws(SyscallError) -> Int {
  while true {
    let result = body()
    if result >= 0 { return result }
    let code = Glibc.errno
    if code != EINTR { throw SyscallError("\(call)", code) }
  }
}
