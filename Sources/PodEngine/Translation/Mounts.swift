import PodModel
import RuntimeAPI

extension ContainerBlueprint {
  /// Every mount of the container in the order in which they are made: the kernel's filesystems, what the pod's
  /// containers share, the volumes, then the generated files. A volume takes the place of what would be mounted there
  /// otherwise: an `emptyDir` in memory on `/dev/shm` is how pods ask for more shared memory.
  var mounts: [RuntimeSpecification.Mount] {
    let taken = Set(volumes.map(\.path))
    // What would be mounted below a volume would hide part of it: the host's /sys comes with what the host has in it.
    let isBelow = { (path: String) in taken.contains { path == $0 || path.hasPrefix($0 + "/") } }
    return Self.kernelMounts(isPrivileged: isPrivileged, sharedMemoryPath).filter { !isBelow($0.destination) }
      + emptyImageVolumes + podVolumes
      + generatedFiles.filter { !taken.contains(MountPath.normalised($0.destination)) }
  }

  /// With the mounts below them; `rnodev` because a pod gets its devices from nobody but the node.
  private var podVolumes: [RuntimeSpecification.Mount] {
    volumes.map { volume in
      // Said aloud, because runtimes differ in what they take for granted.
      let propagation = volume.mount.mountPropagation == .hostToContainer ? "rslave" : "rprivate"
      var options = ["rbind", volume.access.rawValue, propagation]
      if !isPrivileged { options.append("rnodev") }
      return RuntimeSpecification.Mount(
        destination: volume.path,
        type: "bind",
        source: volume.source,
        options: options
      )
    }
  }

  private var emptyImageVolumes: [RuntimeSpecification.Mount] {
    imageVolumes.enumerated().map { index, volume in
      Self.bind(volume.path, "\(paths.volumes)/\(index)", isPrivileged ? ["rw"] : ["rw", "nodev"])
    }
  }

  /// What every container has, unless a volume takes its place.
  static func kernelMounts(isPrivileged: Bool, _ sharedMemoryPath: String) -> [RuntimeSpecification.Mount] {
    let access = isPrivileged ? "rw" : "ro"
    return [
      mount("/proc", "proc", ["nosuid", "noexec", "nodev"]),
      mount("/dev", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
      mount("/dev/pts", "devpts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
      bind("/dev/shm", sharedMemoryPath, ["rw", "nosuid", "noexec", "nodev"]),
      mount("/dev/mqueue", "mqueue", ["nosuid", "noexec", "nodev"]),
      mount("/sys", "sysfs", ["nosuid", "noexec", "nodev", access]),
      RuntimeSpecification.Mount(
        destination: "/sys/fs/cgroup",
        type: "cgroup2",
        source: "cgroup",
        options: [access, "nosuid", "noexec", "nodev"]
      ),
    ]
  }

  /// Read-only together with the root, except for the file that is there to be written.
  private var generatedFiles: [RuntimeSpecification.Mount] {
    let access = container.securityContext.readOnlyRootFilesystem == true ? "ro" : "rw"
    let options = [access, "nosuid", "nodev", "noexec"]
    return [
      Self.bind("/etc/hosts", paths.hosts, options),
      Self.bind("/etc/hostname", paths.hostname, options),
      Self.bind("/etc/resolv.conf", paths.resolvConf, options),
      Self.bind(container.terminationMessagePath, paths.terminationLog, ["rw", "nosuid", "nodev", "noexec"]),
    ]
  }

  private static func mount(_ destination: String, _ type: String, _ options: [String]) -> RuntimeSpecification.Mount {
    RuntimeSpecification.Mount(destination: destination, type: type, source: type, options: options)
  }

  private static func bind(
    _ destination: String,
    _ source: String,
    _ options: [String]
  ) -> RuntimeSpecification.Mount {
    RuntimeSpecification.Mount(destination: destination, type: "bind", source: source, options: ["bind"] + options)
  }
}
