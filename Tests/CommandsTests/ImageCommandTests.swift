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
      ["list", "-o", "yaml"],
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
  private func run(_ arguments: [String], input: [UInt8]? = nil) throws -> Outcome {
    let (pid, output, errors) = try start(arguments, input)
    let text = String(decoding: try readAll(output.raw, limit: 1 << 20), as: UTF8.self)
    let messages = String(decoding: try readAll(errors.raw, limit: 1 << 20), as: UTF8.self)
    var status: Int32 = 0
    waitpid(pid, &status, 0)
    withExtendedLifetime((output, errors)) {}
    return Outcome(code: Linux.ExitStatus(waitStatus: status), output: text, errors: messages)
  }

  private func start(_ arguments: [String], _ input: [UInt8]?) throws -> (Int32, SharedFD, SharedFD) {
    let standardInput = try Pipe()
    let output = try Pipe()
    let errors = try Pipe()
    if let input { try writeAll(standardInput.writer.raw, input) }
    let pid = try spawnProgram(
      builtProgram("swiftlet"),
      arguments: ["swiftlet"] + arguments,
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
    #expect(removed.errors.contains("no image docker.io/library/absent:latest"))
    #expect(try run(["image", "rm", "piped:v1"] + state).code == .exited(0))
    #expect(try run(["image", "list", "-o", "json"] + state).output == "[]\n")
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
    #expect(refused.code == .exited(1) && refused.errors.hasPrefix("swiftlet: the archive was refused:"))
    #expect(refused.errors.filter { $0 == "\n" }.count == 1)
    let unreadable = try run(["image", "import", scratch.path, "demo"] + state)
    #expect(unreadable.code == .exited(1), "\(unreadable.errors)")
    let usage = try run(["image", "import", text, "Demo"] + state)
    #expect(usage.code == .exited(2) && usage.errors.contains("lower case: \"demo\""))
    #expect(try run(["nothing"]).code == .exited(2))
    #expect(try run(["--help"]).code == .exited(0))
  }
}
