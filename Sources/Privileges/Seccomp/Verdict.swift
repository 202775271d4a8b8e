import RuntimeAPI

/// Return values of a filter (`<linux/seccomp.h>`).
enum Verdict {
  static let killThread: UInt32 = 0
  static let killProcess: UInt32 = 0x8000_0000
  static let trap: UInt32 = 0x0003_0000
  static let trace: UInt32 = 0x7ff0_0000
  static let log: UInt32 = 0x7ffc_0000
  static let allow: UInt32 = 0x7fff_0000
  /// `SECCOMP_RET_ACTION_FULL`.
  static let actionMask: UInt32 = 0xffff_0000
  /// ENOSYS, the same number on every machine that this program knows.
  static let notImplemented: UInt32 = 38
  /// EPERM, what the OCI specification takes where no number is given.
  static let notPermitted: UInt32 = 1
  /// `MAX_ERRNO`: the kernel cuts larger ones off.
  static let maximumErrno: UInt32 = 4095

  static func errno(_ number: UInt32) -> UInt32 { 0x0005_0000 | (number & 0xffff) }
}

extension RulePlan {
  /// The kernel's word for an action of the specification.
  ///
  /// - Parameters:
  ///   - prefix: `default` for the profile's own, whose fields are named `defaultAction` and `defaultErrnoRet`.
  ///   - place: Path of the rule with its dot.
  static func verdict(
    _ action: SeccompAction,
    _ errnoRet: UInt32?,
    _ prefix: String,
    _ place: String
  ) throws(PrivilegesError) -> UInt32 {
    let actionPlace = place + (prefix.isEmpty ? "action" : "defaultAction")
    let errnoPlace = place + (prefix.isEmpty ? "errnoRet" : "defaultErrnoRet")
    if let errnoRet {
      let maximum: UInt32 = action == .trace ? 0xffff : Verdict.maximumErrno
      guard action == .errno || action == .trace else {
        throw PrivilegesError(.invalid, errnoPlace, "means nothing with \(action.rawValue); remove it")
      }
      guard errnoRet <= maximum else {
        throw PrivilegesError(.invalid, errnoPlace, "is \(errnoRet); the largest possible one is \(maximum)")
      }
    }
    switch action {
    case .kill, .killThread: return Verdict.killThread
    case .killProcess: return Verdict.killProcess
    case .trap: return Verdict.trap
    case .errno: return Verdict.errno(errnoRet ?? Verdict.notPermitted)
    case .trace: return Verdict.trace | (errnoRet ?? Verdict.notPermitted)
    case .allow: return Verdict.allow
    case .log: return Verdict.log
    case .notify:
      throw PrivilegesError(
        .unsupported,
        actionPlace,
        "SCMP_ACT_NOTIFY needs a listening agent, which is not supported"
      )
    }
  }
}
