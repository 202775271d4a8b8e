import PodModel

/// The exit status of `swiftlet run`.
enum ExitStatus {
  /// The specification or the command line is wrong.
  static let badSpecification: Int32 = 2
  /// Swiftlet itself failed.
  static let failed: Int32 = 125

  /// 0 for a pod that has succeeded; the code of the init container that failed; the container's own code, or that of all
  /// of them; 1 when several differ, or when the pod failed although they ended well.
  static func of(_ status: PodStatus) -> Int32 {
    if status.phase == .succeeded { return 0 }
    if let code = failedInitializer(status) { return code & 0xff }
    let codes = status.containerStatuses.map { container -> Int32 in
      if case .terminated(let end) = container.state { end.exitCode } else { failed }
    }
    guard let first = codes.first else { return failed }
    return codes.allSatisfy { $0 == first } && first != 0 ? first & 0xff : 1
  }

  /// What kept the containers from ever being started.
  private static func failedInitializer(_ status: PodStatus) -> Int32? {
    let initialized = status.conditions.first { $0.type == "Initialized" }
    guard initialized?.status == .false else { return nil }
    for container in status.initContainerStatuses {
      if case .terminated(let end) = container.state, end.exitCode != 0 { return end.exitCode }
    }
    return nil
  }
}
