import ArchiveTestKit
import Glibc
import Images
import Linux
import Testing

@testable import Images

private let aboutConfiguration = "failed 127.0.0.1:PORT/team/app: blob CONFIG: "
private let about = "failed 127.0.0.1:PORT/team/app: blob LAYER: "
private let blob = ServedImage.honest.layers[0]
private let size = ServedImage.honest.layers[0].count

/// The honest layer with one bit changed.
private func flipped(_ index: Int) -> [UInt8] {
  var bytes = blob
  bytes[index] ^= 1
  return bytes
}

/// An image of one layer that is not what the configuration says.
private func served(_ layer: [UInt8], diffID: ContentDigest? = nil) -> ServedImage {
  ServedImage([layer], diffIDs: [diffID ?? .sha256(of: layer)])
}

/// Half a gigabyte of zeros in half a megabyte.
private let bomb: [UInt8] = {
  var tar = TarWriter()
  tar.entry("zeros") { $0.size = 512 << 20 }
  do {
    let scratch = try Scratch()
    let script = "(cat \"$0\"; head -c 512M /dev/zero) | gzip -1 > \"$0.gz\""
    let head = try scratch.file("head", tar.bytes)
    let pid = try spawnProgram(
      "/bin/sh",
      arguments: ["sh", "-c", script, head],
      environment: ["PATH=/usr/bin:/bin"],
      descriptors: [-1, 2, 2]
    )
    waitpid(pid, nil, 0)
    return try readRegularFile(AT_FDCWD, head + ".gz", limit: 16 << 20)
  } catch {
    Issue.record("no bomb: \(error)")
    return []
  }
}()

private func archive(_ build: (inout TarWriter) -> Void) -> [UInt8] {
  var tar = TarWriter()
  build(&tar)
  return tar.finished
}

extension PullFault {
  /// Configurations that are not what they should be.
  static let configurations = [
    PullFault(
      "no configuration",
      aboutConfiguration + "not found",
      script: configuration([.answer("404 Not Found")])
    ),
    PullFault(
      "another configuration",
      "failed CONFIG is not what came: what came has the digest "
        + "\(ContentDigest.sha256(of: [UInt8](repeating: 0x20, count: ServedImage.honest.configuration.count)))",
      script: configuration([
        .answer("200 OK", body: String(repeating: " ", count: ServedImage.honest.configuration.count))
      ])
    ),
    PullFault(
      "half a configuration",
      aboutConfiguration + "ended after 1 of \(ServedImage.honest.configuration.count) bytes",
      script: configuration([.head("200 OK"), .text("{")])
    ),
    PullFault(
      "a configuration without end",
      aboutConfiguration + "sends more than its \(ServedImage.honest.configuration.count) bytes",
      script: configuration([
        .head("200 OK"), .writeRepeatedly(Array(repeating: 0x20, count: 65_536), times: 5_000),
      ])
    ),
    PullFault(
      "a configuration that is none",
      "failed image configuration: not acceptable JSON: byte 0: expected null",
      image: {
        var image = ServedImage.honest
        image.edit = { ("no JSON", $1) }
        return image
      }()
    ),
    PullFault(
      "a configuration for other machines",
      "failed the image has nothing for \(Platform.host); it has linux/s390x",
      image: {
        var image = ServedImage.honest
        image.platform = Platform(os: "linux", architecture: "s390x")
        return image
      }()
    ),
    PullFault(
      "a configuration of more layers",
      "failed CONFIG is not what came: the configuration names 2 layers, the manifest 1",
      image: ServedImage([blob], diffIDs: [.sha256(of: blob), .sha256(of: [])])
    ),
  ]

  /// Layers that do not come, or are not what they should be.
  static let layers = transfers + contents

  private static let transfers = [
    PullFault("no layer", about + "not found", script: layer { _ in [.answer("404 Not Found")] }),
    PullFault(
      "a layer for those who log in",
      about
        + "the registry refuses (401); the image needs credentials, or does not exist: check the name, imagePullSecrets and "
        + "images.authFile",
      script: layer { _ in [.answer("401 Unauthorized")] }
    ),
    PullFault(
      "a layer in trouble",
      about + "the registry is in trouble (502)",
      script: layer { _ in [.answer("502 Bad Gateway")] }
    ),
    PullFault(
      "a layer that breaks off, each time",
      about + "ended after 40000 of \(size) bytes",
      isContinued: true,
      script: layer { request in
        let start = request.rangeStart ?? 0
        return [
          start == 0
            ? .head("200 OK", ["Content-Length: \(size)"])
            : .head("206 Partial", ["Content-Range: bytes \(start)-\(size - 1)/\(size)"]),
          .write(Array(blob[start..<min(size, start + 20_000)])),
        ]
      }
    ),
    PullFault(
      "a layer that stalls",
      about + "no byte came for 1 s",
      isContinued: true,
      script: layer { _ in
        [.head("200 OK", ["Content-Length: \(size)"]), .write(Array(blob[..<5_000])), .wait(milliseconds: 5_000)]
      }
    ),
    PullFault(
      "a layer of some bytes a second",
      about + "only FEW bytes in 600 ms",
      isContinued: true,
      script: layer { _ in
        [.head("200 OK", ["Content-Length: \(size)"])]
          + (0..<40).flatMap { [.write(Array(blob[($0 * 10)..<($0 * 10 + 10)])), .wait(milliseconds: 70)] }
      }
    ),
    PullFault(
      "a layer that ends early",
      about + "ended after 40000 of \(size) bytes",
      isContinued: true,
      script: layer { _ in [.head("200 OK"), .write(Array(blob[..<40_000]))] }
    ),
    PullFault(
      "a layer without end",
      about + "sends more than its \(size) bytes",
      // Its beginning is right, so that it is not the archive that is refused first.
      script: layer { _ in
        [.head("200 OK"), .write(blob), .writeRepeatedly(Array(repeating: 0x20, count: 65_536), times: 5_000)]
      }
    ),
    PullFault(
      "announces more of a layer",
      about + "announces \(size + 1) bytes, expected \(size) of \(size)",
      script: layer { _ in [.head("200 OK", ["Content-Length: \(size + 1)"]), .write(blob + [0])] }
    ),
    PullFault(
      "announces less of a layer",
      about + "announces 5 bytes, expected \(size) of \(size)",
      script: layer { _ in [.answer("200 OK", body: "01234")] }
    ),
    PullFault(
      "a part that nobody asked for",
      about + "answers with the range \"bytes 5-9/10\", expected \"bytes 0-\(size - 1)/\(size)\"",
      script: layer { _ in [.answer("206 Partial Content", ["Content-Range: bytes 5-9/10"], body: "56789")] }
    ),
    PullFault(
      "a compressed layer",
      about + "comes with Content-Encoding br, expected none",
      script: layer { _ in [.answer("200 OK", ["Content-Encoding: br"], body: "x")] }
    ),
    resumed("another part than was asked for", "answers with the range \"bytes 7-\(size - 1)/\(size)\"") { _ in
      [.head("206 Partial Content", ["Content-Range: bytes 7-\(size - 1)/\(size)"]), .write(Array(blob[7...]))]
    },
    resumed("a part of unknown place", "answers with the range \"\"") { request in
      [.head("206 Partial Content"), .write(Array(blob[(request.rangeStart ?? 0)...]))]
    },
    resumed("a part of another size", "answers with the range \"bytes 30000-\(size - 1)/\(size + 1)\"") { request in
      [
        .head("206 Partial Content", ["Content-Range: bytes 30000-\(size - 1)/\(size + 1)"]),
        .write(Array(blob[30_000...])),
      ]
    },
    resumed("416, and then all of it", nil) { request in
      request.rangeStart == nil
        ? [.head("200 OK", ["Content-Length: \(size)"]), .write(blob)] : [.answer("416 Range Not Satisfiable")]
    },
    resumed("all of it instead of a part", nil) { _ in [.head("200 OK", ["Content-Length: \(size)"]), .write(blob)] },
  ]

  /// The first transfer breaks off after 30000 bytes; the second does what is said.
  private static func resumed(
    _ name: String,
    _ words: String?,
    _ second: @escaping @Sendable (FaultRegistry.Request) -> [FaultRegistry.Step]
  ) -> PullFault {
    let expected = words.map { about + $0 + ", expected \"bytes 30000-\(size - 1)/\(size)\"" } ?? "pulled MANIFEST"
    return PullFault(name, expected) { request, attempt in
      guard request.isFor(ServedImage.honest.descriptors[0].digest) else { return nil }
      return attempt == 0
        ? [.head("200 OK", ["Content-Length: \(size)"]), .write(Array(blob[..<30_000]))] : second(request)
    }
  }

  private static let contents = [
    PullFault(
      "a bit changed in the content",
      "failed LAYER is not what came: what came has the digest \(ContentDigest.sha256(of: flipped(50_000)))",
      script: layer { _ in [.head("200 OK", ["Content-Length: \(size)"]), .write(flipped(50_000))] }
    ),
    PullFault(
      "a bit changed behind the content",
      "failed LAYER is not what came: what came has the digest \(ContentDigest.sha256(of: flipped(size - 1)))",
      script: layer { _ in [.head("200 OK", ["Content-Length: \(size)"]), .write(flipped(size - 1))] }
    ),
    PullFault(
      "a bit changed in the second half, after a break",
      "failed LAYER is not what came: what came has the digest \(ContentDigest.sha256(of: flipped(60_000)))",
      script: { request, attempt in
        guard request.isFor(ServedImage.honest.descriptors[0].digest) else { return nil }
        if attempt == 0 { return [.head("200 OK", ["Content-Length: \(size)"]), .write(Array(blob[..<30_000]))] }
        return ServedImage.blob(flipped(60_000), request)
      }
    ),
    PullFault(
      "a layer that is no archive",
      "failed the archive was refused: the archive is damaged or no tar archive: Unrecognized archive format (archive)",
      image: served(Array(repeating: 0x61, count: 5_000))
    ),
    PullFault(
      "a layer of nothing",
      "failed the archive was refused: the archive is damaged or no tar archive: Unrecognized archive format (archive)",
      image: served([])
    ),
    PullFault(
      "half an archive",
      "failed the archive was refused: entry \"data\": the archive is damaged or no tar archive: Truncated tar archive (archive)",
      image: served(Array(blob.prefix(60_000)))
    ),
    PullFault(
      "another content than the configuration says",
      "failed LAYER is not what came: uncompressed it is LAYER, and the image's configuration says "
        + "\(ContentDigest.sha256(of: [1]))",
      image: served(blob, diffID: .sha256(of: [1]))
    ),
    PullFault(
      "one layer with two contents",
      "failed LAYER is not what came: the image's configuration gives it two diffIDs",
      image: ServedImage([blob, blob], diffIDs: [.sha256(of: blob), .sha256(of: [1])])
    ),
    PullFault(
      "a whiteout of everything",
      "failed the archive was refused: entry \".wh..\": a whiteout must name an entry of its directory (invalidWhiteout)",
      image: served(archive { $0.file(".wh..") })
    ),
    PullFault(
      "a link to what is not there",
      "failed the archive was refused: entry \"a\": the hard link's target is not in the archive before it (invalidLink)",
      image: served(archive { $0.link("b", "a") })
    ),
    PullFault(
      "a device of no kernel",
      "failed the archive was refused: entry \"d\": device 5000:1 is beyond 4095:1048575 (invalidDevice)",
      image: served(
        archive {
          $0.entry("d") {
            $0.type = "3"
            ($0.major, $0.minor) = (5000, 1)
          }
        }
      )
    ),
    PullFault(
      "a bomb",
      "failed the archive was refused: entry \"zeros\": SOME bytes came out of SOME: more than 100 times as many (tooCompressed)",
      image: served(bomb)
    ),
    PullFault(
      "a header of four gigabytes",
      "failed the archive was refused: the archive is damaged or no tar archive: Special header too large (archive)",
      image: served(
        archive {
          $0.entry("PaxHeader", data: [UInt8](repeating: 65, count: 3 << 20)) {
            $0.type = "x"
            $0.size = 1 << 32
          }
        }
      )
    ),
  ]
}
