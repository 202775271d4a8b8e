import ArgumentParser
import CommandLineOptions
import Images
import JSONText
import Linux

/// How a list is printed.
enum ListFormat: String, ExpressibleByArgument, CaseIterable {
  case table, json
}

/// How the list of images is printed.
enum ImageListFormat: String, ExpressibleByArgument, CaseIterable {
  case table, wide, json
}

/// `swiftlet image list`.
struct ImageListCommand: ParsableCommand, NodeCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the images of this machine.",
    aliases: ["ls"]
  )

  @OptionGroup var global: GlobalOptions

  @Option(name: .shortAndLong, help: ArgumentHelp("table, wide or json.", valueName: "format"))
  var output: ImageListFormat = .table

  @Flag(name: .shortAndLong, help: "Print nothing but the ids, each once.")
  var quiet = false

  func run() throws {
    let listing = try ImageStore(root: global.imageStore).list()
    switch output {
    case _ where quiet: try writeToStandardOutput(Self.ids(listing.images))
    case .table: try writeToStandardOutput(Self.table(listing.images, now: Clock.wall().seconds).text)
    case .wide: try writeToStandardOutput(Self.wideTable(listing.images).text)
    case .json: try writeToStandardOutput(Self.json(listing.images) + "\n")
    }
    for error in listing.damaged { writeToStandardError("swiftlet: \(error)") }
    if !listing.damaged.isEmpty { throw ExitCode.failure }
  }

  private static func ids(_ images: [StoredImage]) -> String {
    var known: Set<ContentDigest> = []
    return images.filter { known.insert($0.id).inserted }.map { "\(shortID($0))\n" }.joined()
  }

  private static func shortID(_ image: StoredImage) -> String { String(image.id.hex.prefix(12)) }

  static func table(_ images: [StoredImage], now: Int64) -> Table {
    var table = Table(header: ["NAME", "ID", "SIZE", "CREATED"])
    for image in images {
      let created = image.created.flatMap { age(of: $0, now: now) } ?? "<unknown>"
      table.rows.append([image.reference.description, shortID(image), humanSize(image.size), created])
    }
    return table
  }

  static func wideTable(_ images: [StoredImage]) -> Table {
    var table = Table(header: ["NAME", "ID", "SIZE", "CREATED", "PLATFORM", "LAYERS", "DIGEST"])
    for image in images {
      table.rows.append([
        image.reference.description, shortID(image), humanSize(image.size), image.created ?? "<unknown>",
        image.platform.description, "\(image.diffIDs.count)", image.targetDigest.description,
      ])
    }
    return table
  }

  static func json(_ images: [StoredImage]) -> String {
    let values = images.map { image in
      JSONValue.object([
        JSONMember("created", image.created.map { .string($0) } ?? .null),
        JSONMember("digest", .string(image.targetDigest.description)),
        JSONMember("id", .string(image.id.description)),
        JSONMember("layers", .array(image.diffIDs.map { .string($0.description) })),
        JSONMember("manifest", .string(image.manifestDigest.description)),
        JSONMember("name", .string(image.reference.description)),
        JSONMember("platform", .string(image.platform.description)),
        JSONMember("size", .integer(image.size)),
      ])
    }
    return String(decoding: JSONValue.array(values).serialized(), as: UTF8.self)
  }
}
