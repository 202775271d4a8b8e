import CLinux
import Glibc
import LaunchPlan
import Linux

extension Supervisor {
  /// Puts a mount where the pod's containers can be given it. It lives in the supervisor's own mount namespace: the host
  /// never sees it, and it goes with the supervisor however that ends.
  func addMount(_ name: String, _ descriptors: inout DescriptorList, _ address: ReplyAddress) throws(Failure) {
    try refuseWhileEnding()
    guard let mount = descriptors.take(0) else {
      throw Failure(.malformed, step: "add a mount", detail: "a mount belongs to this request")
    }
    let target = try mountPoint(name)
    do throws(SyscallError) { try attachMount(mount.raw, to: target.raw) } catch {
      throw Failure(.step, step: "add a mount", errno: error.errno, detail: name)
    }
    reply(address, .done)
  }

  func removeMount(_ name: String, _ address: ReplyAddress) throws(Failure) {
    let target = try mountPoint(name)
    let place = "/proc/self/fd/\(target.raw)"
    do throws(SyscallError) {
      try check("umount2") { lx_umount2(place, Int32(LX_UMOUNT_DETACH)) }
    } catch {
      throw Failure(.step, step: "remove a mount", errno: error.errno, detail: name)
    }
    reply(address, .done)
  }

  /// What lies at a name now: the agent's empty file or directory, or the mount on it.
  private func mountPoint(_ name: String) throws(Failure) -> OwnedFD {
    guard !name.isEmpty, !name.utf8.contains(UInt8(ascii: "/")), name != ".", name != "..", name.utf8.count <= 255,
      let podDirectory
    else { throw Failure(.malformed, step: "find a mount", detail: "one name below a sandbox's mounts was expected") }
    do throws(SyscallError) {
      return try openBeneath(podDirectory, "mounts/" + name, openPathOnly | O_NOFOLLOW)
    } catch {
      throw Failure(.step, step: "find a mount", errno: error.errno, detail: name)
    }
  }
}
