import ArgumentParser
import CommandLineOptions
import Images
import JSONText
import Linux

/// How a list is printed.
enum ListFormat: String, ExpressibleByArgument, CaseIterable {
  case table, json
}

/// `swiftlet image list`.
struct ImageListCommand: ParsableCommand, NodeCommand {
  static let configuration = CommandConfiguration(commandName: "list", abstract: "List the images of this machine.")

  @OptionGroup var global: GlobalOptions

  @Option(name: .shortAndLong, help: ArgumentHelp("table or json.", valueName: "format"))
  var output: ListFormat = .table

  func run() throws {
    let listing = try ImageStore(root: global.imageStore).list()
    switch output {
    case .table: try writeToStandardOutput(Self.table(listing.images).text)
    case .json: try writeToStandardOutput(Self.json(listing.images) + "\n")
    }
    for error in listing.damaged { writeToStandardError("swiftlet: \(error)") }
    if !listing.damaged.isEmpty { throw ExitCode.failure }
  }

  static func table(_ images: [StoredImage]) -> Table {
    var table = Table(header: ["NAME", "ID", "SIZE", "CREATED"])
    for image in images {
      table.rows.append([
        image.reference.description, String(image.id.hex.prefix(12)), humanSize(image.size),
        image.created ?? "<unknown>",
      ])
    }
    return table
  }

  static func json(_ images: [StoredImage]) -> String {
    let values = images.map { image in
      JSONValue.object([
        JSONMember("created", image.created.map { .string($0) } ?? .null),
        JSONMember("id", .string(image.id.description)),
        JSONMember("layers", .array(image.diffIDs.map { .string($0.description) })),
        JSONMember("manifest", .string(image.manifestDigest.description)),
        JSONMember("name", .string(image.reference.description)),
        JSONMember("size", .integer(image.size)),
      ])
    }
    return String(decoding: JSONValue.array(values).serialized(), as: UTF8.self)
  }
}
