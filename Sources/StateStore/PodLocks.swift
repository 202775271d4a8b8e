import Glibc
import Linux

/// The two locks of a pod. Its owner, an agent or one `swiftlet run`, holds `owner.lock`; its supervisor holds
/// `shim.lock` for as long as it lives. Open file description locks go with the last descriptor, so a crash releases them.
public enum PodLock: String, Sendable {
  case owner = "owner.lock"
  case supervisor = "shim.lock"

  /// Takes the lock, making its file; `nil` if somebody else holds it.
  public func take(in directory: Int32) throws(SyscallError) -> OwnedFD? {
    let file = try openAt(directory, rawValue, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
    guard try FileLock.tryLock(file.raw, .exclusive) else { return nil }
    return consume file
  }

  /// Whether somebody else holds it.
  public func isHeld(in directory: Int32) throws(SyscallError) -> Bool {
    do throws(SyscallError) {
      let file = try openAt(directory, rawValue, O_RDWR | O_NOFOLLOW)
      return try FileLock.isHeld(file.raw)
    } catch {
      if error.errno == ENOENT { return false }
      throw error
    }
  }
}
