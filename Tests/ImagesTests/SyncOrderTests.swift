import ArchiveTestKit
import Glibc
import Linux
import Testing

@testable import Images

/// What POSIX promises of a power cut, not what ext4 makes of it: a name is safe when its directory was synced after it got
/// there, content when it was synced itself.
@Suite(
  "Nothing has a name before its content is safe, and nothing is done before its name is",
  .enabled(if: isRoot && access(FileCalls.tracer, X_OK) == 0, "needs root and strace")
)
struct SyncOrderTests {
  private let scratch: Scratch
  private let root: String

  init() throws {
    scratch = try Scratch()
    root = scratch.path + "/state/var/images"
  }

  private func run(_ words: String...) throws -> FileCalls {
    try FileCalls(scratch, ["image", words[0], "--state-dir", scratch.path + "/state/var"] + words.dropFirst())
  }

  private func archive(_ build: (inout TarWriter) -> Void) throws -> String {
    var tar = TarWriter()
    build(&tar)
    return try scratch.file("archive-\(randomName())", tar.finished)
  }

  /// The places of all that an image is made of, the names last.
  private let folders = ["/blobs/sha256", "/implied", "/records", "/layers", "/names"]

  /// What is wrong with the order of a command that adds an image.
  private func violations(_ trace: FileCalls) -> [String] {
    var violations: [String] = []
    func require(_ condition: Bool, _ index: Int, _ what: String) {
      if !condition { violations.append("\(what): \(trace.calls[index].text)") }
    }
    for folder in folders {
      for index in trace.renames(to: root + folder) {
        let from = trace.calls[index].paths[2]
        if folder == "/layers" {
          let changed = trace.positions { $0.paths.contains { $0 == from || $0.hasPrefix(from + "/") } }
          let unpacked = trace.positions { call in
            call.name == "exited"
              && trace.calls.contains {
                $0.process == call.process && $0.name == "execve" && $0.text.contains("swiftlet-unpack\"")
              }
          }
          let last = (changed + unpacked).filter { $0 < index }.max() ?? index
          require(trace.positions { $0.name == "syncfs" }.contains { last < $0 && $0 < index }, index, "unsafe content")
        } else {
          let made = trace.positions { $0.name == "openat" && $0.paths.last == from }.last { $0 < index } ?? index
          require(trace.syncs(of: from).contains { made < $0 && $0 < index }, index, "unsafe content")
        }
        require(trace.syncs(of: root + folder).contains { $0 > index }, index, "unsafe name")
      }
    }
    // A layer relies on its records, and a name on everything: also on what others brought.
    for (folder, needs) in [("/layers", ["/implied", "/records"]), ("/names", folders.dropLast() + [""])] {
      for index in trace.renames(to: root + folder) {
        for needed in needs {
          let last = trace.renames(to: root + needed).last { $0 < index } ?? -1
          let isSafe = trace.syncs(of: root + needed).contains { last < $0 && $0 < index }
          require(isSafe, index, "\(needed) may not be safe")
        }
      }
    }
    return violations
  }

  @Test("of an image that is imported into a store that is made for it")
  func imported() throws {
    let file = try archive {
      $0.directory("a")
      $0.file("a/.wh..wh..opq", "")
      $0.file("a/b", "1")
    }
    let trace = try run("import", file, "demo")
    #expect(folders.map { trace.renames(to: root + $0).count } == [2, 1, 1, 1, 1])
    #expect(trace.calls.contains { $0.name == "fsetxattr" })
    #expect(violations(trace) == [])
    let named = try #require(trace.renames(to: root + "/names").first)
    let made = trace.positions { $0.name == "mkdirat" && $0.paths.last?.hasPrefix(scratch.path + "/state") == true }
      .filter { trace.calls[$0].paths.last?.hasPrefix(root + "/tmp/") == false }
    #expect(made.count == 13)
    for index in made {
      let parent = trace.calls[index].paths.last?.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 } ?? ""
      #expect(trace.syncs(of: parent).contains { index < $0 && $0 < named }, "\(trace.calls[index].text)")
    }
  }

  @Test("of an image whose layers are there, by whomever")
  func present() throws {
    let file = try archive { $0.file("a", "1") }
    _ = try run("import", file, "demo")
    let trace = try run("import", file, "other", "--cmd=x")
    #expect(folders.map { trace.renames(to: root + $0).count } == [2, 0, 0, 0, 1])
    #expect(violations(trace) == [])
  }

  @Test("of layers that inherit directories, loaded from an archive")
  func loaded() throws {
    let image = TestImage([
      .init { $0.directory("tmp", mode: 0o1777) },
      .init { $0.file("tmp/file", "1") },
    ])
    let file = try archive { tar in
      for (digest, bytes) in image.blobs { tar.entry("blobs/sha256/\(digest.hex)", data: bytes) }
      tar.entry("blobs/sha256/\(image.digest.hex)", data: image.manifestBytes)
      tar.file("oci-layout", #"{"imageLayoutVersion":"1.0.0"}"#)
      tar.entry("index.json", data: testIndex([(image.manifestBytes, MediaType.manifest, nil)]))
    }
    let trace = try run("load", file, "demo:1")
    #expect(folders.map { trace.renames(to: root + $0).count } == [2, 3, 3, 3, 1])
    #expect(violations(trace) == [])
  }

  @Test("and nothing is removed before its name is gone for good")
  func removed() throws {
    _ = try run("import", archive { $0.file("a", "1") }, "demo")
    let trace = try run("rm", "demo")
    let unnamed = try #require(trace.positions { $0.name == "unlinkat" && $0.paths[0] == root + "/names" }.first)
    let safe = try #require(trace.syncs(of: root + "/names").first { $0 > unnamed })
    let taken = trace.renames(from: root + "/layers")
    let documents = trace.positions { $0.name == "unlinkat" && $0.paths[0] == root + "/blobs/sha256" }
    #expect(taken.count == 1 && documents.count == 2)
    #expect((taken + documents).allSatisfy { $0 > safe })
    let away = try #require(trace.syncs(of: root + "/layers").first { $0 > taken[0] })
    let emptied = trace.positions { $0.name == "unlinkat" && $0.paths.last?.hasSuffix("/a") == true }
    #expect(emptied.count == 1 && emptied[0] > away)
  }
}
