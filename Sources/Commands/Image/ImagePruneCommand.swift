import ArgumentParser
import CommandLineOptions
import Images
import Manifests
import NodeSettings

/// `swiftlet image prune`.
struct ImagePruneCommand: ParsableCommand, NodeCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune",
    abstract: "Remove layers without a name and interrupted downloads; with -a every image that nothing uses."
  )

  @OptionGroup var global: GlobalOptions

  @Flag(name: .shortAndLong, help: "Remove the images that no pod uses, too.")
  var all = false

  @Flag(
    help: """
      Only if the disk is fuller than images.gcHighThresholdPercent of the configuration: remove unused images, the least \
      recently used first, until it is no fuller than images.gcLowThresholdPercent.
      """
  )
  var ifFull = false

  func validate() throws {
    if all && ifFull { throw ValidationError("-a and --if-full exclude each other") }
  }

  func run() throws {
    let store = try ImageStore(root: global.imageStore)
    let report: PruneReport
    if ifFull {
      let settings = try NodeChoices(global).configuration.images
      report = try store.collect(CollectionThresholds(settings))
    } else {
      report = try store.prune(all: all)
    }
    for image in report.images { try writeToStandardOutput("removed \(image)\n") }
    try writeToStandardOutput(
      "freed \(humanSize(report.bytes)): \(report.images.count) names, \(report.layers) layers, "
        + "\(report.partials) interrupted downloads\n"
    )
  }
}
