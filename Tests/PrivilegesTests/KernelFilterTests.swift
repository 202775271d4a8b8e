import Glibc
import Linux
import RuntimeAPI
import Testing

@testable import Privileges

@Suite("The kernel decides as the simulator does", .enabled(if: geteuid() == 0, "filters are tried as root"))
struct KernelFilterTests {
  @Test("Every call of every calling convention that RuntimeDefault refuses is refused with its errno (BOX-02)")
  func runtimeDefault() throws {
    let platform = try SeccompPlatform.required()
    let profile = RuntimeDefault.profile(for: RuntimeDefaultTests.target(.containerDefault, platform))
    let filter = try FilterCompiler.compile(profile, for: platform)
    let simulator = try FilterSimulator(filter.bytes)

    var template = Array("/tmp/filter-XXXXXX".utf8CString)
    let file = OwnedFD(mkstemp(&template))
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { unlink(path) }
    try writeAll(file.raw, filter.bytes)

    let (output, status) = try PayloadProgram.run(["filtered", path, "syscalls", "600", "60"])
    #expect(status == .exited(0))
    let lines = output.split(separator: "\n")
    let conventions: [Substring: SeccompArchitecture] = [
      "native": platform.primary, "i386": .x86, "x32": .x32,
    ]
    var (refused, allowed) = (0, 0)
    for line in lines {
      let words = line.split(separator: " ")
      let architecture = try #require(words.first.flatMap { conventions[$0] })
      let number = try #require(UInt32(words[1])) | architecture.numberBit
      // The kernel shows uretprobe and uprobe to no filter: they are its own trampolines (seccomp_uprobe_exception).
      if architecture == .amd64 && (number == 335 || number == 336) { continue }
      let verdict = try simulator.verdict(
        Call(
          architecture: architecture.auditArchitecture,
          number: number,
          arguments: [0, 0, 0, 0, 0, 0]
        )
      )
      if verdict & 0xffff_0000 == 0x5_0000 {
        #expect(line.hasSuffix(" errno \(verdict & 0xffff)"), "\(line)")
        refused += 1
      } else {
        #expect(verdict == 0x7fff_0000)
        // An allowed call may be refused by the kernel for its own reasons, but with null arguments hardly any is.
        if words[2] != "errno" || (words[3] != "1" && words[3] != "38") { allowed += 1 }
      }
    }
    #expect(lines.count == 601 * platform.architectures.filter { $0 != .arm }.count)
    #expect(refused > 250 && allowed > 200, "\(refused) refused, \(allowed) allowed")
  }
}
