import HostCheck

/// A report for people: a table in groups, an explanation of what is not as it should be, and the conclusion.
struct CheckText {
  private let report: CheckReport
  private let verbose: Bool

  /// - Parameter verbose: Whether what is good is explained too.
  init(_ report: CheckReport, verbose: Bool) {
    self.report = report
    self.verbose = verbose
  }

  /// The text; each line ends with a newline and has no blanks before it.
  var text: String { (table + explanations + conclusion).map { $0 + "\n" }.joined() }

  private var table: [String] {
    let width = report.items.map(\.name.count).max() ?? 0
    return CheckItem.Group.allCases.flatMap { group -> [String] in
      let items = report.items.filter { $0.group == group }
      if items.isEmpty { return [] }
      return [group.rawValue.uppercased()] + items.map { line($0, nameWidth: width) }
    }
  }

  private func line(_ item: CheckItem, nameWidth: Int) -> String {
    let state = item.state.rawValue.padded(to: 7)
    if item.found.isEmpty { return "  \(state)   \(item.name)" }
    return "  \(state)   \(item.name.padded(to: nameWidth))   \(item.found)"
  }

  private var explanations: [String] {
    report.items.filter { verbose || $0.state != .ok }.flatMap { item in
      [
        "", "\(item.name) (\(item.group.rawValue), \(item.severity.rawValue)): \(item.state.rawValue)",
        "  without it:   \(item.cost)", "  to get it:    \(item.remedy)",
      ]
    }
  }

  private var conclusion: [String] {
    func list(_ names: [String]) -> String { names.isEmpty ? "none" : names.joined(separator: ", ") }
    return [
      "",
      "pods can run here: " + (report.canRun ? "yes" : "no: \(report.obstacles.joined(separator: ", "))"),
      "limits that cannot be enforced, or not wholly: \(list(report.unenforcedLimits))",
      "features that are missing: \(list(report.missingFeatures))",
    ]
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
