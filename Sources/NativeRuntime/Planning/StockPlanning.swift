import LaunchPlan
import RuntimeAPI

/// Turns the containers that are expected into what their supervisor can make before they come.
enum StockPlanning {
  static func plan(_ expected: ExpectedContainers) throws(RuntimeError) -> StockPlan {
    var mounts: [MountStep] = []
    for (index, mount) in expected.mounts.enumerated() {
      mounts.append(try MountPlanning.step(mount, at: "expected.mounts[\(index)]"))
    }
    return StockPlan(
      containers: expected.count,
      mounts: mounts,
      devices: try DevicePlanning.steps([]),
      links: DevicePlanning.links
    )
  }
}
