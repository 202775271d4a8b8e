import CHostProbe
import CLinux
import Glibc
import Linux

/// Questions about mounts. Everything is made detached: no directory ever shows it, and it goes with its descriptor.
struct MountProbes {
  let modules: ModuleTable
  /// Whether we have the privileges for mounts.
  let isEntitled: Bool

  func all() -> [KernelProbe: Finding] {
    // fsopen(2) would load the module of a filesystem that is not there yet.
    let registered = Set((kernelText("/proc/filesystems") ?? "").split(separator: "\n").map(Self.name(inLine:)))
    func filesystem(_ type: String, _ options: [FilesystemOption] = []) -> Finding {
      modules.probe(type) { registered.contains(type) ? make(type, options) : .fails("not in this kernel") }
    }
    var findings: [KernelProbe: Finding] = [:]
    findings[.tmpfs] = filesystem("tmpfs", [FilesystemOption("size", "4096")])
    findings[.proc] = filesystem("proc")
    findings[.sysfs] = filesystem("sysfs")
    findings[.devpts] = filesystem("devpts", [FilesystemOption("newinstance")])
    findings[.mqueue] = filesystem("mqueue")
    // Lower layers are only read. A kernel that does not know "volatile" refuses it.
    findings[.overlay] = filesystem(
      "overlay",
      [FilesystemOption("lowerdir", "/usr:/etc"), FilesystemOption("volatile")]
    )
    findings[.overlayLayerList] =
      modules.isLoadedOnUse("overlay")
      ? .unknown("the overlay module is not loaded yet")
      : filesystem("overlay", ["/usr", "/etc"].map { FilesystemOption("lowerdir+", $0) })
    findings[.detachedMounts] = attempt(isEntitled: isEntitled) { () throws(SyscallError) in
      let mount = try makeDetachedFilesystem("tmpfs", [], [.noSetuid, .noDevices, .noExecute])
      try setMountAttributes(mount.raw, set: .readOnly, propagation: .isPrivate)
    }
    findings[.clonedMounts] = attempt(isEntitled: isEntitled) { () throws(SyscallError) in
      _ = try cloneMount(AT_FDCWD, "/", recursive: false)
    }
    findings[.idmappedMounts] = idmappedMounts()
    return findings
  }

  /// `nodev	proc` or `	ext4`.
  private static func name(inLine line: Substring) -> String {
    line.split(separator: "\t").last.map(String.init) ?? ""
  }

  private func make(_ type: String, _ options: [FilesystemOption]) -> Finding {
    attempt(isEntitled: isEntitled) { () throws(SyscallError) in
      _ = try makeDetachedFilesystem(type, options, [.readOnly, .noSetuid, .noDevices, .noExecute])
    }
  }

  private func idmappedMounts() -> Finding {
    do throws(SyscallError) {
      let mount = try makeDetachedFilesystem("tmpfs", [], [])
      if hp_idmap(mount.raw) == 0 || errno == EPERM { return .works() }
      let code = errno
      let answer = "mount_setattr(MOUNT_ATTR_IDMAP): \(errorText(code))"
      return isEntitled ? .fails(answer) : .unknown(answer)
    } catch {
      return .unknown("needs detached mounts")
    }
  }
}
