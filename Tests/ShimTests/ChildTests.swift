import Glibc
import LaunchPlan
import Linux
import RuntimeTestKit
import Testing

@testable import Shim

@Suite("What a child says of its failure is read, whatever it is")
struct ChildStatusTests {
  @Test("a failure comes back")
  func roundTrip() {
    let failure = StepFailure(step: "mount", errno: EACCES, detail: "/proc")
    #expect(
      ChildStatus.failure(ChildStatus.bytes(failure)) == Failure(.step, step: "mount", errno: EACCES, detail: "/proc")
    )
    let program = StepFailure(step: "execve", errno: ENOENT, detail: "/nope")
    #expect(
      ChildStatus.failure(ChildStatus.bytes(program))
        == Failure(.cannotExecute, step: "execve", errno: ENOENT, detail: "/nope")
    )
    let long = StepFailure(step: "mount", errno: 1, detail: String(repeating: "x", count: 5000))
    #expect(ChildStatus.bytes(long).count == ChildStatus.limit)
    #expect(ChildStatus.failure(ChildStatus.bytes(long)).errno == 1)
  }

  @Test("hostile bytes")
  func hostile() {
    for bytes in [
      [], [0], [0x46], [0x46, 0], [0x46, 0, 0], Array("Fx\u{0}99999999999\u{0}y".utf8), Array("Rmount".utf8),
    ] {
      #expect(ChildStatus.failure(bytes).kind == .step)
    }
    var generator = SeededGenerator()
    for _ in 0..<5000 {
      _ = ChildStatus.failure(
        generator.list(40) { $0.oneIn(3) ? $0.pick([0, 0x46, 0x31]) : UInt8(truncatingIfNeeded: $0.next()) }
      )
    }
  }
}

@Suite("A path of the container is looked up from the mount that it lies on")
struct PlacedPathTests {
  @Test(
    arguments: [
      ("/proc", "/", nil), ("/proc/sys", "/sys", "sys"), ("/proc/sys/kernel", "/sys/kernel", nil),
      ("/sys/firmware", "/sys/firmware", nil), ("/process", "/process", "process"), ("/", "/", nil),
      ("/dev/pts", "/pts", "pts"), ("/dev/..", "/..", nil), ("/etc", "/etc", "etc"),
    ] as [(String, String, String?)]
  )
  func place(full: String, path: String, name: String?) {
    // /sys is no mount of this container's.
    let placed = PlacedPath(full, mounted: [.proc, .dev])
    #expect(placed.full == full && placed.path == path && placed.name == name)
    let expected: Place = full.hasPrefix("/proc/") || full == "/proc" ? .proc : full.hasPrefix("/dev") ? .dev : .root
    #expect(placed.place == expected)
  }

  @Test("A device's path leads below /dev or nowhere")
  func devices() throws {
    let path = try DevicePath("/dev/net/tun")
    #expect(path.directories == ["net"] && path.name == "tun")
    for wrong in ["/dev", "/tmp/x", "dev", "/dev/../etc/x", "", "/"] {
      #expect(throws: StepFailure.self) { _ = try DevicePath(wrong) }
    }
  }

  @Test("What is mounted first is where later paths begin")
  func order() {
    let proc = MountStep(source: .filesystem(type: "proc", options: []), target: "/proc", attributes: 0)
    let below = MountStep(
      source: .filesystem(type: "tmpfs", options: ["mode=755", "noswap"]),
      target: "/proc/acpi",
      attributes: 0
    )
    let stock = StockedFilesystems()
    let (mounts, mounted) = ContainerFilesystem.prepare([below, proc, below], terminalFilesystem: -1, stock)
    #expect(mounted == [.proc])
    #expect(mounts.map(\.target.place) == [.root, .root, .proc])
    #expect(mounts.map(\.becomes) == [nil, .proc, nil])
    guard case .filesystem("tmpfs", let options) = mounts[0].source else {
      Issue.record("\(mounts[0].source)")
      return
    }
    #expect(options == [FilesystemOption("mode", "755"), FilesystemOption("noswap")])
  }
}

@Suite("Paths of links are resolved as text before the kernel confines them")
struct FilePathTests {
  @Test(
    "resolution",
    arguments: [
      ("x", "/a", "/a/x"), ("/x", "/a", "/x"), ("../x", "/a/b", "/a/x"), ("../../../x", "/a", "/x"),
      ("./x/.", "/", "/x"),
      ("", "/a", "/a"), ("..", "/", "/"), ("a//b", "/", "/a/b"), ("/../..", "/a", "/"),
    ]
  )
  func resolve(_ target: String, _ directory: String, _ expected: String) {
    #expect(FilePath.resolve(target, from: directory) == expected)
  }

  @Test(
    "directory and name",
    arguments: [("/a/b", "/a", "b"), ("/a", "/", "a"), ("a", "/", "a"), ("/", "/", ""), ("/a/", "/a", "")]
  )
  func parts(_ path: String, _ directory: String, _ name: String) {
    #expect(FilePath.directory(of: path) == directory)
    #expect(FilePath.name(of: path) == name)
  }

  @Test("no result leaves the root")
  func confined() {
    var generator = SeededGenerator()
    for _ in 0..<2000 {
      let target = generator.list(8) { $0.pick(["..", ".", "a", "", "b"]) }.joined(separator: "/")
      let resolved = FilePath.resolve(target, from: "/x/y")
      #expect(
        resolved.hasPrefix("/") && !resolved.split(separator: "/").contains(".."),
        "seed \(generator.seed): \(target)"
      )
    }
  }
}

@Suite("A program is searched as execvp(3) does")
struct ProgramVectorsTests {
  private func candidates(_ program: String, _ environment: [String]) -> [String] {
    let vectors = ProgramVectors(arguments: [program], environment: environment)
    return (0..<vectors.candidateCount).compactMap { vectors.candidates.pointers[$0].map { String(cString: $0) } }
  }

  @Test("with a slash it is that path; without, each directory of PATH, an empty one being the working directory")
  func search() {
    #expect(candidates("/bin/x", ["PATH=/a"]) == ["/bin/x"])
    #expect(candidates("./x", ["PATH=/a"]) == ["./x"])
    #expect(candidates("x", ["PATH=/a:/b::/c:"]) == ["/a/x", "/b/x", "./x", "/c/x", "./x"])
    #expect(candidates("x", ["PATH=/a", "PATH=/b"]) == ["/b/x"])
    #expect(candidates("x", []).first == "/usr/local/sbin/x")
  }
}
