import Glibc
import Linux

/// The host's own files that pods get a version of.
enum HostTextFiles {
  private static let limit = 1 << 20
  /// Where systemd-resolved keeps the name servers behind its stub.
  private static let upstream = "/run/systemd/resolve/resolv.conf"

  /// Reads them as they are now; a host without one has an empty one.
  ///
  /// - Parameter hostNetwork: Whoever is on the host's network reaches a stub resolver on its loopback.
  static func read(hostNetwork: Bool) throws(SyscallError) -> GeneratedFiles.HostText {
    var resolvConf = try text("/etc/resolv.conf")
    if !hostNetwork && GeneratedFiles.isLocalStub(resolvConf) {
      let real = try text(upstream)
      if !real.isEmpty { resolvConf = real }
    }
    return GeneratedFiles.HostText(hosts: try text("/etc/hosts"), resolvConf: resolvConf)
  }

  /// Follows links, since `/etc/resolv.conf` usually is one; these are the administrator's own files.
  private static func text(_ path: String) throws(SyscallError) -> String {
    do throws(SyscallError) {
      let file = try openAt(AT_FDCWD, path, O_RDONLY | O_NONBLOCK)
      return String(decoding: try readAll(file.raw, limit: limit), as: UTF8.self)
    } catch {
      if error.errno == ENOENT { return "" }
      throw error
    }
  }
}
