import Glibc
import RuntimeTestKit
import Testing

@testable import Linux

@Suite("Texts of the kernel are read as they are documented, and nothing in them traps")
struct KernelTextTests {
  @Test("a line of mountinfo")
  func mountLine() throws {
    let line = "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue"
    let entry = try #require(MountEntry(line: Substring(line)))
    #expect(entry.root == "/mnt1")
    #expect(entry.mountPoint == "/mnt2")
    #expect(entry.id == 36)
    #expect(entry.options == ["rw", "noatime"])
    #expect(entry.passesOnMounts)
    #expect(entry.type == "ext3")
    #expect(entry.superOptions == ["rw", "errors=continue"])
  }

  @Test(
    "octal escapes",
    arguments: [
      (#"/a\040b"#, "/a b"), (#"/a\011b"#, "/a\tb"), (#"/a\012b"#, "/a\nb"), (#"/a\134b"#, #"/a\b"#),
      (#"/a\134040b"#, #"/a\040b"#), (#"/a\04"#, #"/a\04"#), (#"/a\"#, #"/a\"#), (#"/a\089"#, #"/a\089"#),
      (#"/\303\251"#, "/é"), (#"/a\777"#, "/a\u{fffd}"),
    ]
  )
  func escapes(_ text: String, _ expected: String) {
    #expect(MountEntry.unescape(Substring(text)) == expected)
  }

  @Test("a mount point with blanks, several optional fields, and a dash among them")
  func difficultMountLine() throws {
    let line = #"1 2 0:1 / /a\040-\040b rw shared:1 master:2 propagate_from:3 - tmpfs a\040b rw"#
    let entry = try #require(MountEntry(line: Substring(line)))
    #expect(entry.mountPoint == "/a - b")
    #expect(entry.type == "tmpfs")
  }

  @Test(
    "what is no line of mountinfo is nothing",
    arguments: ["", " ", "-", "1 2 3 4 5 6 7 8 9 10", "1 2 0:1 / / rw -", "1 2 0:1 / / rw - ext4", "- - - - - - - - -"]
  )
  func malformed(_ line: String) {
    #expect(MountEntry(line: Substring(line)) == nil)
  }

  @Test(
    "only a mount with peers or a master passes on what is mounted below it",
    arguments: [
      ("", false), ("shared:1 ", true), ("master:7 ", true), ("unbindable ", false), ("propagate_from:2 ", false),
    ]
  )
  func propagation(_ field: String, _ passes: Bool) throws {
    let entry = try #require(MountEntry(line: Substring("1 2 0:1 / /shared:1 rw \(field)- tmpfs shared:1 rw,master:1")))
    #expect(entry.passesOnMounts == passes)
  }

  @Test("the mount of an open file")
  func containing() throws {
    let version = try openAt(AT_FDCWD, "/proc/version", openPathOnly)
    #expect(try MountEntry.containing(version.raw)?.mountPoint == "/proc")
    var ends: [Int32] = [-1, -1]
    try check("pipe") { pipe(&ends) }
    defer { for end in ends { close(end) } }
    #expect(try MountEntry.containing(ends[0]) == nil)
  }

  @Test("this process's own mounts can be read")
  func own() throws {
    let entries = try MountEntry.ofThisProcess()
    #expect(entries.contains { $0.mountPoint == "/" })
    #expect(entries.contains { $0.type == "proc" && $0.mountPoint == "/proc" })
  }

  @Test(
    "a start time behind any name that a process gives itself",
    arguments: [
      "sh", "a b", "(", ")", ") S 1 1 1", "((((", "))))", "\n", "", "a) R 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 7",
    ]
  )
  func startTime(_ name: String) {
    let rest = (3...52).map { $0 == 3 ? "S" : String($0 * 100) }.joined(separator: " ")
    let stat = ProcessStat(parsing: "4711 (\(name)) \(rest)\n")
    #expect(stat?.startTime == 2200 && stat?.waitStatus == 5200 && stat?.activity == .other)
    for (letter, activity) in [("Z", ProcessStat.Activity.zombie), ("T", .stopped), ("t", .stopped), ("D", .other)] {
      #expect(ProcessStat(parsing: "4711 (\(name)) \(letter)" + rest.dropFirst())?.activity == activity)
    }
  }

  @Test("how a child ended can be read before it is reaped")
  func zombie() throws {
    for code in [Int32(0), 7] {
      let pid = try spawnProgram("/bin/sh", arguments: ["sh", "-c", "exit \(code)"], descriptors: [-1, -1, -1])
      defer { waitpid(pid, nil, 0) }
      let process = try PidFD.open(pid)
      #expect(try PidFD.waitForEnd(process.raw, milliseconds: 10_000))
      let stat = try ProcessStat(of: pid)
      #expect(stat.activity == .zombie && ExitStatus(waitStatus: stat.waitStatus) == .exited(code))
    }
    #expect(try ProcessStat(of: getpid()).activity == .other)
  }

  @Test(
    "no start time in what is no stat",
    arguments: ["", ")", "1 (a) S", "1 (a", "1 (a) S 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 x"]
  )
  func noStartTime(_ stat: String) {
    #expect(ProcessStat(parsing: stat) == nil)
  }

  @Test("a process is itself, and no other one of its number")
  func identity() throws {
    let own = try ProcessIdentity(of: getpid())
    #expect(own.isAlive)
    #expect(!ProcessIdentity(pid: own.pid, startTime: own.startTime &+ 1).isAlive)
    #expect(!ProcessIdentity(pid: .max, startTime: 1).isAlive)
  }

  @Test(
    "wait statuses",
    arguments: [
      (0, Linux.ExitStatus.exited(0)), (0x0700, .exited(7)), (0xff00, .exited(255)), (9, .signaled(9)),
      (0x8b, .signaled(11)),
    ] as [(Int32, Linux.ExitStatus)]
  )
  func waitStatus(_ raw: Int32, _ expected: Linux.ExitStatus) {
    #expect(ExitStatus(waitStatus: raw) == expected)
  }

  @Test("random bytes in place of the kernel's texts")
  func random() {
    var generator = SeededGenerator()
    for _ in 0..<5_000 {
      let text = generator.list(60) { $0.pick(Array(" -:/,\\0124567)(a\n")) }
      _ = MountEntry(line: Substring(String(text)))
      _ = ProcessStat(parsing: String(text))
    }
  }
}
