import CLinux
import Glibc
import Linux
import Synchronization

/// Device programs that the kernel has: the verifier takes a quarter of a millisecond, and nearly all containers have the
/// same rules. They go with this object and with the cgroups that they are attached to.
public final class DevicePrograms: Sendable {
  private static let most = 16
  private let loaded = Mutex<[DeviceProgram: SharedFD]>([:])

  /// Has none yet.
  public init() {}

  /// Attaches a program to a cgroup, beside programs that are there.
  public func attach(_ program: DeviceProgram, to cgroup: Int32) throws(CgroupError) {
    do throws(SyscallError) {
      let loaded = try load(program)
      try check("bpf(BPF_PROG_ATTACH)") { lx_bpf_attach_device_program(cgroup, loaded.raw) }
    } catch {
      throw .deviceProgram(error)
    }
  }

  private func load(_ program: DeviceProgram) throws(SyscallError) -> SharedFD {
    if let known = loaded.withLock({ $0[program] }) { return known }
    let instructions = program.instructions
    let new = SharedFD(
      OwnedFD(
        try check("bpf(BPF_PROG_LOAD)") {
          lx_bpf_load_device_program(instructions, UInt32(instructions.count), nil, 0)
        }
      )
    )
    loaded.withLock { loaded in
      if loaded.count >= Self.most { loaded.removeAll() }
      loaded[program] = new
    }
    return new
  }
}
