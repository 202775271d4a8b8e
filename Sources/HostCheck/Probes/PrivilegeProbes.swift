import Glibc
import Privileges

/// Reads who this process is.
enum PrivilegeProbes {
  /// - Throws: ``PrivilegesError`` where `/proc` does not say.
  static func collect() throws(PrivilegesError) -> PrivilegeFindings {
    let path = "/proc/self/status"
    guard let status = kernelText(path), let privileges = number("NoNewPrivs", status),
      let seccomp = number("Seccomp", status)
    else { throw PrivilegesError(.unreadable, path, "does not tell NoNewPrivs and Seccomp; is /proc mounted?") }
    let map = (kernelText("/proc/self/uid_map") ?? "").split { $0 == " " || $0 == "\n" }
    let enforcing = kernelText("/sys/fs/selinux/enforce")
    return PrivilegeFindings(
      user: geteuid(),
      capabilities: try .current(),
      noNewPrivileges: privileges != 0,
      seccompMode: seccomp,
      // A kernel without user namespaces has no map, and only the initial one.
      isInitialUserNamespace: map.isEmpty || map == ["0", "0", "4294967295"],
      selinux: enforcing.map { $0 == "1" ? "enforcing" : "permissive" },
      appArmor: kernelText("/sys/module/apparmor/parameters/enabled") == "Y"
    )
  }

  private static func number(_ name: String, _ status: String) -> Int? {
    for line in status.split(separator: "\n") where line.hasPrefix(name + ":") {
      return line.split { $0 == "\t" || $0 == " " }.last.flatMap { Int($0) }
    }
    return nil
  }
}
