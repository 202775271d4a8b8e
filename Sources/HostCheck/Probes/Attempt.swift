import Glibc
import Linux

/// Does one thing, and says whether that went well.
///
/// - Parameter isEntitled: Whether we have the privileges that it needs. Without them a failure tells nothing about the
///   kernel; that they are missing has a line of its own.
func attempt(isEntitled: Bool = true, _ body: () throws(SyscallError) -> Void) -> Finding {
  do throws(SyscallError) {
    try body()
    return .works()
  } catch {
    return isEntitled ? .fails(error.description) : .unknown("not to be tried without privileges: \(error)")
  }
}

/// Asks for something that must be refused: the right refusal tells that the kernel knows the call.
func expectRefusal(_ call: String, _ expected: Int32, _ body: () -> Int32) -> Finding {
  let result = body()
  let code = errno
  if result < 0 && code == expected { return .works() }
  return .fails(result < 0 ? "\(call): \(errorText(code))" : "\(call): accepted what it must refuse")
}

/// A small file of the kernel's; `nil` where it cannot be read, which is an answer here.
func kernelText(_ path: String) -> String? {
  // Files that are absent on some kernels: the reason is of no use to anybody.
  try? readKernelFile(AT_FDCWD, path)
}

/// A number in a small file of the kernel's.
func kernelNumber(_ path: String) -> Int? { kernelText(path).flatMap { Int($0) } }
