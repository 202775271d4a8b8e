import ArchiveTestKit
import ArgumentParser
import CommandLineOptions
import Glibc
import Images
import Linux
import Testing

@testable import Commands

@Suite("The command line of swiftlet image")
struct ImageArgumentTests {
  @Test("Words of a command may begin with a dash, and options are for NAME=value, absolute paths, and good names")
  func importing() throws {
    let command = try #require(
      ImageCommand.parseAsRoot([
        "import", "-", "Reg.io/demo", "--cmd", "sh", "--cmd", "-c", "--cmd=--", "--entrypoint", "-x", "--env", "A=b",
        "--env", "C=", "--user", "7:8", "--workdir", "/srv", "--stop-signal", "SIGQUIT", "--state-dir", "/x",
      ]) as? ImageImportCommand
    )
    #expect(command.cmd == ["sh", "-c", "--"] && command.entrypoint == ["-x"] && command.env == ["A=b", "C="])
    #expect(command.name.description == "Reg.io/demo:latest" && command.file == "-")
    #expect(command.user == "7:8" && command.workdir == "/srv" && command.stopSignal == "SIGQUIT")
    #expect(command.global.imageStore == "/x/images" && command.global.runDir == "/run/swiftlet")
  }

  @Test(
    "What is wrong is refused before anything is done",
    arguments: [
      ["import"], ["import", "f"], ["import", "f", "Upper"], ["import", "f", "n", "--env", "A"],
      ["import", "f", "n", "--env", "=b"], ["import", "f", "n", "--workdir", "srv"], ["import", "f", "n", "--unknown"],
      ["import", "f", "n@sha256:\(String(repeating: "0", count: 64))"], ["rm"], ["rm", "a", "B"],
      ["list", "-o", "yaml"], ["inspect"], ["inspect", "a", "-o", "table"], ["inspect", "A"], ["tag", "abcd", "B"],
      ["tag", "a", "b@sha256:\(String(repeating: "0", count: 64))"],
      ["pull", "sha256:\(String(repeating: "0", count: 64))"],
      ["list", "extra"], ["import", "f", "n", "--state-dir", ""], ["nothing"],
    ]
  )
  func refused(_ arguments: [String]) {
    #expect(throws: (any Error).self) { try ImageCommand.parseAsRoot(arguments) }
  }
}

@Suite("The program swiftlet", .enabled(if: geteuid() == 0, "needs root"))
struct ImageProgramTests {
  private struct Outcome {
    let code: Linux.ExitStatus
    let output: String
    let errors: String
  }

  /// Runs the built program to its end. What it writes is small enough for a pipe.
  private func run(_ arguments: [String], of program: String = builtProgram("swiftlet"), input: [UInt8]? = nil) throws
    -> Outcome
  {
    let (pid, output, errors) = try start(program, arguments, input)
    let text = String(decoding: try readAll(output.raw, limit: 1 << 20), as: UTF8.self)
    let messages = String(decoding: try readAll(errors.raw, limit: 1 << 20), as: UTF8.self)
    var status: Int32 = 0
    waitpid(pid, &status, 0)
    withExtendedLifetime((output, errors)) {}
    return Outcome(code: Linux.ExitStatus(waitStatus: status), output: text, errors: messages)
  }

  private func start(_ program: String, _ arguments: [String], _ input: [UInt8]?) throws -> (Int32, SharedFD, SharedFD)
  {
    let standardInput = try Pipe()
    let output = try Pipe()
    let errors = try Pipe()
    if let input { try writeAll(standardInput.writer.raw, input) }
    let pid = try spawnProgram(
      program,
      arguments: [program] + arguments,
      descriptors: [standardInput.reader.raw, output.writer.raw, errors.writer.raw]
    )
    return (pid, SharedFD(output.reader), SharedFD(errors.reader))
  }

  @Test("Import from a file and from a pipe, list, rm; exit codes 0, 1 and 2")
  func life() throws {
    let scratch = try Scratch()
    var tar = TarWriter()
    tar.file("bin/true", "#!/bin/sh\n", mode: 0o755)
    tar.entry("x") { $0.pax = [("SCHILY.xattr.trusted.overlay.opaque", [121])] }
    let archive = try scratch.file("root.tar", tar.finished)
    let state = ["--state-dir", scratch.path + "/state"]

    let imported = try run(["image", "import", archive, "demo", "--cmd", "true"] + state)
    #expect(imported.code == .exited(0), "\(imported.errors)")
    #expect(imported.output.hasPrefix("docker.io/library/demo:latest\tsha256:"))
    #expect(imported.errors.contains("left out 1 ×"))
    #expect(try run(["image"] + state + ["import", "-", "piped:v1"], input: tar.finished).code == .exited(0))

    let table = try run(state + ["image", "list"])
    let lines = table.output.split(separator: "\n")
    #expect(lines.count == 3 && lines[0].hasPrefix("NAME") && lines[1].hasPrefix("docker.io/library/demo:latest "))
    let json = try run(["image", "list", "-o", "json"] + state).output
    #expect(json.hasPrefix(#"[{"created":"#) && json.contains(#""name":"docker.io/library/piped:v1""#))

    let removed = try run(["image", "rm", "demo", "absent"] + state)
    #expect(removed.code == .exited(1) && removed.output == "removed docker.io/library/demo:latest\n")
    #expect(removed.errors.contains("no image absent (docker.io/library/absent:latest)"))
    #expect(try run(["image", "rm", "piped:v1"] + state).code == .exited(0))
    #expect(try run(["image", "list", "-o", "json"] + state).output == "[]\n")
  }

  @Test(
    "An image is meant by its name, id, digest or the beginning of one; what is printed is what podman's users expect"
  )
  func selectors() throws {
    let scratch = try Scratch()
    let state = ["--state-dir", scratch.path + "/state"]
    func image(_ arguments: String...) throws -> Outcome { try run(["image"] + arguments + state) }
    for name in ["one:1", "two"] {
      var tar = TarWriter()
      tar.file("name", name)
      let archive = try scratch.file(name, tar.finished)
      #expect(try image("import", archive, name).code == .exited(0))
    }
    let ids = try image("ls", "-q").output.split(separator: "\n").map(String.init)
    #expect(ids.count == 2 && ids.allSatisfy { $0.utf8.count == 12 })
    let wide = try image("ls", "-o", "wide").output
    let digest = try #require(wide.split(separator: "\n")[1].split(separator: " ").last.map(String.init))
    #expect(wide.hasPrefix("NAME ") && wide.contains(" linux/") && digest.hasPrefix("sha256:"))
    #expect(try image("list").output.contains("just now"))

    let inspected = try image("inspect", ids[0], "two", "absent", "-o", "json")
    #expect(inspected.code == .exited(1))
    #expect(
      inspected.errors
        == "swiftlet: there is no image absent (docker.io/library/absent:latest); see: swiftlet image list\n"
    )
    for name in ["one:1", "two:latest"] { #expect(inspected.output.contains(#""name": "docker.io/library/\#(name)""#)) }

    #expect(try image("tag", digest, "also:1").output.hasPrefix("docker.io/library/also:1\tsha256:"))
    let several = try image("rm", ids[0])
    #expect(several.code == .exited(1))
    #expect(
      several.errors
        == "swiftlet: \(ids[0]) has several names, remove those that shall go: swiftlet image rm "
        + "docker.io/library/also:1 docker.io/library/one:1\n"
    )
    #expect(try image("rm", "also:1").output == "removed docker.io/library/also:1\n")
    #expect(try image("rm", "one@" + digest).output == "removed docker.io/library/one:1\n")
    #expect(try image("rm", "sha256:" + ids[1]).output == "removed docker.io/library/two:latest\n")
    let gone = try image("rm", ids[1], digest)
    #expect(gone.code == .exited(1) && gone.errors.split(separator: "\n").count == 2)
    #expect(
      gone.errors.contains(
        "\(ids[1]): no id or digest begins so, and nothing is called docker.io/library/\(ids[1]):latest"
      )
    )
    #expect(try image("ls", "-o", "json").output == "[]\n")
  }

  @Test("What cannot be read, written or reached is named, with what to do; nothing is made meanwhile")
  func surroundings() throws {
    let scratch = try Scratch()
    let state = scratch.path + "/state"
    func expect(_ arguments: [String], state: String, _ message: String) throws {
      let outcome = try run(["image"] + arguments + ["--state-dir", state, "--config", scratch.file("config", [])])
      #expect(outcome.code == .exited(1) && outcome.errors == "swiftlet: \(message)\n", "\(outcome.errors)")
    }
    try expect(["load", "/dev/zero"], state: state, "cannot open /dev/zero: it is neither a file nor a pipe")
    try expect(["import", "/", "a"], state: state, "cannot open /: it is neither a file nor a pipe")
    try expect(["load", "/not/there"], state: state, "cannot open /not/there: No such file or directory")
    try expect(
      ["load", scratch.path],
      state: state,
      "cannot load \(scratch.path): it holds no images: expected manifest.json, as docker save writes it, or oci-layout and "
        + "index.json"
    )
    let text = try scratch.file("text", Array("no archive".utf8))
    try expect(
      ["load", text],
      state: state,
      "cannot load \(text): the archive was refused: the archive is damaged or no tar archive: Unrecognized archive format "
        + "(archive)"
    )
    try expect(
      ["list"],
      state: text,
      "image store \(text)/images: make the directory \(text)/images: Not a directory; --state-dir must name a "
        + "directory"
    )
    let mount = scratch.path + "/mount"
    try makeDirectory(AT_FDCWD, mount)
    try #require(Glibc.mount("none", mount, "tmpfs", 1, nil) == 0)
    try expect(
      ["list"],
      state: mount,
      "image store \(mount)/images: make the directory \(mount)/images: Read-only file system; the image store must be "
        + "writable: choose another place with --state-dir"
    )
    #expect(umount2(mount, 0) == 0)
    try #require(Glibc.mount("none", mount, "tmpfs", 0, "size=256k") == 0)
    var tar = TarWriter()
    tar.file("big", String(repeating: "x", count: 1 << 20))
    let archive = try scratch.file("big", tar.finished)
    try expect(
      ["import", archive, "a"],
      state: mount,
      "cannot import \(archive): entry \"big\": pwrite: No space left on device (diskFull); make room on the disk, for example "
        + "with: swiftlet image prune -a"
    )
    #expect(try run(["image", "list", "-q", "--state-dir", mount]).output == "")
    do {
      let left = try openDirectory(AT_FDCWD, mount + "/images/tmp")
      #expect(try entries(of: left.raw) == [])
    }
    #expect(umount2(mount, 0) == 0)
  }

  @Test("Only root has a store, and a result that cannot be delivered is no success")
  func privileges() throws {
    let scratch = try Scratch()
    let outcome = try run(
      [
        "--reuid=65534", "--regid=65534", "--clear-groups", builtProgram("swiftlet"), "image", "ls", "--state-dir",
        "/tmp",
      ],
      of: "/usr/bin/setpriv"
    )
    #expect(outcome.code == .exited(1))
    #expect(outcome.errors == "swiftlet: the image store is for root alone: run this as root, for example with sudo\n")
    let full = try openAt(AT_FDCWD, "/dev/full", O_WRONLY)
    let pid = try spawnProgram(
      builtProgram("swiftlet"),
      arguments: ["swiftlet", "image", "ls", "--state-dir", scratch.path + "/state"],
      descriptors: [-1, full.raw, -1]
    )
    var status: Int32 = 0
    waitpid(pid, &status, 0)
    #expect(Linux.ExitStatus(waitStatus: status) == .exited(1))
    let long = try run(["image", "pull", String(repeating: "a", count: 100_000)])
    #expect(long.code == .exited(2) && long.errors.utf8.count < 5000)
  }

  @Test("Failures are 1 with one line that names the cause, wrong usage is 2")
  func failures() throws {
    let scratch = try Scratch()
    let state = ["--state-dir", scratch.path + "/state"]
    let missing = try run(["image", "import", "/not/there", "demo"] + state)
    #expect(
      missing.code == .exited(1) && missing.errors == "swiftlet: cannot open /not/there: No such file or directory\n"
    )
    let text = try scratch.file("text", Array("no archive".utf8))
    let refused = try run(["image", "import", text, "demo"] + state)
    #expect(
      refused.code == .exited(1)
        && refused.errors.hasPrefix("swiftlet: cannot import \(text): the archive was refused:")
    )
    #expect(refused.errors.filter { $0 == "\n" }.count == 1)
    let unreadable = try run(["image", "import", scratch.path, "demo"] + state)
    #expect(unreadable.code == .exited(1), "\(unreadable.errors)")
    let usage = try run(["image", "import", text, "Demo"] + state)
    #expect(usage.code == .exited(2) && usage.errors.contains("lower case: \"demo\""))
    #expect(try run(["nothing"]).code == .exited(2))
    #expect(try run(["--help"]).code == .exited(0))
  }
}
