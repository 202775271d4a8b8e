import Linux

/// Why a volume cannot be made or mounted, in words for a person.
public struct VolumeError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One sentence.
  public let description: String

  /// Says it.
  public init(_ description: String) { self.description = description }
}

/// Names what a system call was about.
func about<Value: ~Copyable>(
  _ subject: String,
  _ body: () throws(SyscallError) -> Value
) throws(VolumeError) -> Value {
  do throws(SyscallError) { return try body() } catch { throw VolumeError("\(subject): \(error)") }
}
