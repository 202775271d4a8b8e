import ArchiveTestKit
import Glibc
import Linux
import Testing

@testable import NativeRuntime

@Suite("What exec repeats after a restart is what was recorded, or an error")
struct RecordedLaunchTests {
  private static let plan = Array("a plan".utf8)
  private static let filter = [UInt8](repeating: 6, count: 64)

  private func refusal(_ directory: String, _ name: String) -> Int32? {
    do throws(SyscallError) { _ = try RecordedLaunch(from: directory, as: name) } catch { return error.errno }
    return nil
  }

  @Test("it comes back, with a filter and without")
  func roundTrip() throws {
    let scratch = try Scratch()
    for filter in [Self.filter, nil] {
      let launch = RecordedLaunch(Self.plan, filter)
      try launch.write(to: scratch.path, as: "c.0")
      #expect(try RecordedLaunch(from: scratch.path, as: "c.0") == launch)
    }
    RecordedLaunch.remove(from: scratch.path, "c.0")
    #expect(refusal(scratch.path, "c.0") == ENOENT)
    let directory = try openDirectory(AT_FDCWD, scratch.path)
    #expect(try entries(of: directory.raw) == [])
  }

  @Test("a filter that is lost is not taken for none, and one that appears not for its own")
  func lostFilter() throws {
    let scratch = try Scratch()
    try RecordedLaunch(Self.plan, Self.filter).write(to: scratch.path, as: "c.0")
    unlink(scratch.path + "/c.0.filter")
    #expect(refusal(scratch.path, "c.0") == EBADMSG)
    try RecordedLaunch(Self.plan, nil).write(to: scratch.path, as: "c.0")
    try RecordedLaunch(Self.plan, Self.filter).write(to: scratch.path, as: "c.1")
    rename(scratch.path + "/c.1.filter", scratch.path + "/c.0.filter")
    #expect(refusal(scratch.path, "c.0") == EBADMSG)
  }

  @Test("those of two containers exchanged, and any bit of either file")
  func damaged() throws {
    let scratch = try Scratch()
    let files = ["c.0", "c.0.filter"]
    try RecordedLaunch(Self.plan, Self.filter).write(to: scratch.path, as: "c.0")
    try RecordedLaunch(Array("b plan".utf8), Self.filter).write(to: scratch.path, as: "c.1")
    let directory = try openDirectory(AT_FDCWD, scratch.path)
    func content(_ name: String) throws -> [UInt8] { try readRegularFile(directory.raw, name, limit: 1 << 20) }
    func replace(_ name: String, _ bytes: [UInt8]) throws {
      try replaceFile(in: directory.raw, named: name, with: bytes, durability: .untilReboot)
    }
    for name in files {
      let whole = try content(name)
      try replace(name, try content(name.replacing("c.0", with: "c.1")))
      #expect(refusal(scratch.path, "c.0") == EBADMSG, "\(name) of c.1")
      for place in whole.indices {
        var bytes = whole
        bytes[place] ^= 1 << (place % 8)
        try replace(name, bytes)
        #expect(refusal(scratch.path, "c.0") == EBADMSG, "\(name), byte \(place)")
      }
      try replace(name, whole)
    }
    #expect(refusal(scratch.path, "c.0") == nil)
  }
}
