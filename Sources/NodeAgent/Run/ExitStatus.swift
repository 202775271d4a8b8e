import PodModel

/// The exit status of `swiftlet run`.
enum ExitStatus {
  /// The specification or the command line is wrong.
  static let badSpecification: Int32 = 2
  /// Swiftlet itself failed.
  static let failed: Int32 = 125

  /// 0 for a pod that has succeeded; the container's own code, or that of all of them; 1 when several differ.
  static func of(_ status: PodStatus) -> Int32 {
    if status.phase == .succeeded { return 0 }
    let codes = status.containerStatuses.map { container -> Int32 in
      if case .terminated(let end) = container.state { end.exitCode } else { failed }
    }
    guard let first = codes.first else { return failed }
    return codes.allSatisfy { $0 == first } ? first & 0xff : 1
  }
}
