import CSeccomp
import RuntimeAPI

/// Turns a profile into the bytes that the kernel runs.
public enum FilterCompiler {
  /// Changes whenever this program makes other bytes of the same profile.
  static let formatVersion = 3

  /// Compiles a profile; takes milliseconds, so go through ``FilterCache``.
  ///
  /// - Throws: ``PrivilegesError`` naming the field: an unsupported action or flag, rules that contradict each other, an
  ///   architecture that does not exist, or a program longer than the kernel takes.
  public static func compile(
    _ profile: SeccompProfile,
    for platform: SeccompPlatform
  ) throws(PrivilegesError) -> CompiledFilter {
    let plan = try RulePlan(profile)
    let (architectures, foreign) = try architectures(of: profile, on: platform)
    let program = try FilterProgram(plan, architectures).instructions
    let count = program.count
    guard count <= FilterInstruction.maximumCount else {
      throw PrivilegesError(
        .unsupported,
        "syscalls",
        "compile to \(count) instructions and the kernel takes \(FilterInstruction.maximumCount) (BPF_MAXINSNS); "
          + "use fewer conditions on arguments"
      )
    }
    return CompiledFilter(bytes: program.flatMap(\.bytes), flags: plan.flags, notes: foreign + unknownNames(plan))
  }

  /// libseccomp's version, part of every cache key.
  static var libraryVersion: String {
    guard let version = seccomp_version()?.pointee else { return "unknown" }
    return "\(version.major).\(version.minor).\(version.micro)"
  }

  /// The machine's own convention always; of the others those that the profile lists and this machine serves.
  private static func architectures(
    of profile: SeccompProfile,
    on platform: SeccompPlatform
  ) throws(PrivilegesError) -> ([SeccompArchitecture], notes: [String]) {
    var notes: [String] = []
    for (index, name) in profile.architectures.enumerated() {
      if platform.architectures.contains(where: { $0.rawValue == name }) { continue }
      guard SeccompArchitecture(rawValue: name) != nil || foreignArchitectures.contains(name) else {
        throw PrivilegesError(.invalid, "architectures[\(index)]", "unknown architecture \(quoted(name))")
      }
      notes.append("architectures[\(index)]: \(name) is not run by this machine; nothing to filter")
    }
    let chosen = platform.architectures.filter { $0 == platform.primary || profile.architectures.contains($0.rawValue) }
    return (chosen, Array(notes.prefix(maximumNotes)))
  }

  /// The other names of `config-linux.md`.
  private static let foreignArchitectures: Set<String> = Set(
    [
      "MIPS", "MIPS64", "MIPS64N32", "MIPSEL", "MIPSEL64", "MIPSEL64N32", "PPC", "PPC64", "PPC64LE", "S390", "S390X",
      "PARISC", "PARISC64", "RISCV64", "LOONGARCH64", "M68K", "SH", "SHEB",
    ].map { "SCMP_ARCH_" + $0 }
  )

  private static let maximumNotes = 32

  private static func unknownNames(_ plan: RulePlan) -> [String] {
    let unknown = plan.names.filter { !SyscallNumbers.isKnown($0) }
    let shown = unknown.prefix(maximumNotes).map {
      "system call \(quoted($0)) is unknown to libseccomp \(libraryVersion) and to this program; its rules are left out"
    }
    let rest = unknown.count - shown.count
    return shown + (rest > 0 ? ["\(rest) more unknown system calls are left out"] : [])
  }
}
