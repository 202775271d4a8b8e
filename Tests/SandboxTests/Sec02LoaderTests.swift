import Glibc
import Linux
import PodModel
import RuntimeAPI
import Testing

@testable import NodeAgent

/// The headers of an ELF program (elf(5)), as far as they say who else has a word in running it.
struct ELFHeaders {
  var type: UInt16
  /// PT_INTERP: the kernel would start this program's loader from the container's root.
  var hasInterpreter = false
  /// DT_NEEDED entries: libraries that a loader would look for.
  var libraries = 0
  /// PT_GNU_STACK with execution.
  var hasExecutableStack = false
  var segments = 0

  init(_ bytes: [UInt8]) throws {
    func number(_ offset: Int, _ size: Int) throws -> Int {
      guard offset >= 0, size <= 8, offset <= bytes.count - size else { throw Trouble("the program is cut short") }
      return bytes[offset..<offset + size].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    guard bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]) else { throw Trouble("no 64-bit little-endian ELF file") }
    type = UInt16(try number(16, 2))
    let (start, size, count) = (try number(32, 8), try number(54, 2), try number(56, 2))
    for index in 0..<count {
      let header = start + index * size
      segments += 1
      switch try number(header, 4) {
      case 2:
        let (offset, length) = (try number(header + 8, 8), try number(header + 32, 8))
        for entry in stride(from: offset, to: offset + length, by: 16) where try number(entry, 8) == 1 {
          libraries += 1
        }
      case 3: hasInterpreter = true
      case 0x6474_e551: hasExecutableStack = try number(header + 4, 4) & 1 != 0
      default: break
      }
    }
  }
}

extension Sandbox {
  @Suite("SEC-02: nothing of an image is loaded into the programs that make the sandbox")
  struct LoaderTests {
    @Test("SEC-02: the supervisor's program has no interpreter and needs no library")
    func static_() async throws {
      try await Node.with { node in
        let headers = try ELFHeaders(try readRegularFile(AT_FDCWD, node.shim, limit: 256 << 20))
        #expect(headers.segments > 0)
        #expect(headers.type == 2, "ET_EXEC")
        #expect(!headers.hasInterpreter)
        #expect(headers.libraries == 0)
        #expect(!headers.hasExecutableStack)
      }
    }

    @Test("SEC-02: the reader of headers sees an interpreter and libraries where there are some")
    func control() throws {
      let headers = try ELFHeaders(try readRegularFile(AT_FDCWD, try OwnProgram.path(), limit: 1 << 30))
      #expect(headers.hasInterpreter)
      #expect(headers.libraries > 0)
    }

    private static let poisoned = [
      "lib64/ld-linux-x86-64.so.2", "lib/ld-linux-aarch64.so.1", "lib/ld-linux.so.2", "lib/libnss_files.so.2",
      "lib/x86_64-linux-gnu/libnss_files.so.2", "lib/x86_64-linux-gnu/libc.so.6", "usr/lib/libnss_files.so.2",
      "lib/libc.so.6", "usr/lib/gconv/gconv-modules", "bin/mount", "bin/sh", "sbin/modprobe", "usr/bin/nsenter",
    ]

    @Test(
      "SEC-02: an image with a poisoned loader, preload file and name service starts as any other and poisons nobody"
    )
    func poison() async throws {
      try await Node.with { node in
        let layer = try node.layer("poison")
        for path in Self.poisoned {
          try Files.directories(above: "\(layer)/\(path)")
          // Says its usage wherever it is run.
          try Files.copy(node.payload, to: "\(layer)/\(path)", mode: 0o755)
        }
        try ensureDirectories(layer + "/etc", mode: 0o755)
        try Files.write(layer + "/etc/ld.so.preload", "/lib/libnss_files.so.2\n")
        try Files.write(layer + "/etc/nsswitch.conf", "passwd: files poison\ngroup: files poison\n")
        try Files.write(layer + "/etc/passwd", "someone:x:1234:1234::/:/bin/sh\n")
        try Files.write(layer + "/etc/group", "someone:x:1234:\n")
        let digest = try Files.digest(node.shim)
        let oracle = try EscapeOracle(node)
        try await node.withSandbox(.test("sec02")) { sandbox in
          var configuration = try await sandbox.configuration(layers: [layer])
          configuration.specification.process.env += ["LD_PRELOAD=/lib/libnss_files.so.2", "LD_LIBRARY_PATH=/lib"]
          configuration.specification.process.args = ["/payload", "exit", "5"]
          let result = try await sandbox.run(configuration)
          #expect(result.exit.code == 5 && result.output.isEmpty, "\(result)")
          configuration = try await sandbox.configuration(layers: [layer])
          configuration.specification.process.args = ["/proc/self/exe"]
          configuration.specification.process.env += ["LD_PRELOAD=/lib/libnss_files.so.2"]
          let shim = try await sandbox.run(configuration)
          #expect(!shim.output.contains("usage: payload"), "the image's loader ran: \(shim.output)")
          configuration = try await sandbox.configuration(layers: [layer])
          configuration.specification.process.args = ["/payload", "sleep"]
          let container = try await sandbox.start(configuration)
          for _ in 0..<20 * scale {
            let exec = try await container.exec(["/payload", "exit", "6"])
            #expect(exec.exit.code == 6 && exec.output.isEmpty, "\(exec)")
          }
          _ = try await container.kill()
        }
        #expect(try Files.digest(node.shim) == digest)
        try oracle.verify("a poisoned image")
      }
    }
  }
}
