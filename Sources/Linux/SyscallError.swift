import Glibc

/// A system call that failed: which one, and the kernel's answer (`errno(3)`).
public struct SyscallError: Error, Sendable, CustomStringConvertible {
  /// A name is made into text only when somebody reads it: half of the errors of a container's start are answers that were
  /// expected, such as "there is no such file".
  private enum Name: Sendable {
    case fixed(StaticString)
    case text(String)
  }

  private let name: Name
  /// The error number.
  public let errno: Int32

  /// Makes an error with a name that is composed.
  public init(_ call: String, _ errno: Int32) {
    name = .text(call)
    self.errno = errno
  }

  /// Makes an error.
  public init(_ call: StaticString, _ errno: Int32) {
    name = .fixed(call)
    self.errno = errno
  }

  /// The call's name, `openat2`, or a step's name where several calls serve one purpose.
  public var call: String {
    switch name {
    case .fixed(let name): "\(name)"
    case .text(let name): name
    }
  }

  /// `openat2: No such file or directory`.
  public var description: String { "\(call): \(errorText(errno))" }
}

extension SyscallError: Hashable {
  /// By name and number.
  public static func == (one: SyscallError, other: SyscallError) -> Bool {
    one.errno == other.errno && one.call == other.call
  }

  /// By name and number.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(call)
    hasher.combine(errno)
  }
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
    if code != EINTR { throw SyscallError(call, code) }
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
    if code != EINTR { throw SyscallError(call, code) }
  }
}
