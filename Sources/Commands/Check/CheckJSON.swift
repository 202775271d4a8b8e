import HostCheck
import JSONText

/// A report for programs: keys are sorted, items stand in the order of the table.
func checkJSON(_ report: CheckReport) -> String {
  let value = JSONValue.object([
    JSONMember("canRun", .bool(report.canRun)),
    JSONMember("items", .array(report.items.map(json))),
    JSONMember("missingFeatures", .array(report.missingFeatures.map { .string($0) })),
    JSONMember("obstacles", .array(report.obstacles.map { .string($0) })),
    JSONMember("unenforcedLimits", .array(report.unenforcedLimits.map { .string($0) })),
  ])
  return String(decoding: value.serialized(), as: UTF8.self)
}

private func json(_ item: CheckItem) -> JSONValue {
  .object([
    JSONMember("cost", .string(item.cost)), JSONMember("found", .string(item.found)),
    JSONMember("group", .string(item.group.rawValue)), JSONMember("name", .string(item.name)),
    JSONMember("remedy", .string(item.remedy)), JSONMember("severity", .string(item.severity.rawValue)),
    JSONMember("state", .string(item.state.rawValue)),
  ])
}
