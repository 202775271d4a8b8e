import Glibc
import Linux
import Testing

@testable import HostCheck

@Suite("Tables of the kernel are read as they are written")
struct ProbeParsingTests {
  @Test("Where a controller is, by /proc/cgroups")
  func controllers() {
    let table = ControllerTable(
      """
      #subsys_name\thierarchy\tnum_cgroups\tenabled
      cpu\t1\t17\t1
      memory\t0\t6\t0
      pids\t0\t6\t1
      broken\tx\t1
      """
    )
    #expect(table.place(of: "cpu", version1Mount: "/c") == .version1(mount: "/c"))
    #expect(table.place(of: "cpu", version1Mount: nil) == .version1(mount: nil))
    #expect(table.place(of: "memory", version1Mount: nil) == .disabled)
    #expect(table.place(of: "pids", version1Mount: nil) == .notDelegated)
    #expect(table.place(of: "blkio", version1Mount: nil) == .absent)
    #expect(table.place(of: "broken", version1Mount: nil) == .absent)
  }

  @Test("No probe loads a module")
  func modules() {
    let dependencies = """
      kernel/fs/overlayfs/overlay.ko:
      kernel/net/bridge/bridge.ko.xz: kernel/net/802/stp.ko.xz kernel/net/llc/llc.ko.xz
      kernel/drivers/net/veth.ko.zst:
      """
    let table = ModuleTable(loaded: ["veth"], onDisk: dependencies)
    #expect(table.isLoadedOnUse("overlay") && table.isLoadedOnUse("bridge"))
    #expect(!table.isLoadedOnUse("veth"), "it is loaded")
    #expect(!table.isLoadedOnUse("stp"), "only files are modules, not what they depend on")
    #expect(!table.isLoadedOnUse("tmpfs"), "what has no file is built in or absent")
    #expect(!ModuleTable(loaded: nil, onDisk: dependencies).isLoadedOnUse("overlay"), "a kernel without modules")
    #expect(table.probe("overlay") { .fails("tried") } == .works("module, loaded when first used"))
    #expect(table.probe("veth") { .fails("tried") } == .fails("tried"))
  }

  @Test("A program has a loader or has none; what is no program has no answer")
  func programs() {
    #expect(ProgramFile.needsLoader(elf(types: [6, 3, 1])) == true)
    #expect(ProgramFile.needsLoader(elf(types: [1, 1, 7])) == false)
    #expect(ProgramFile.needsLoader([]) == nil)
    #expect(ProgramFile.needsLoader(Array("#!/bin/sh\n".utf8) + [UInt8](repeating: 0, count: 100)) == nil)
    for length in 0..<(64 + 3 * 56) {
      #expect(ProgramFile.needsLoader(Array(elf(types: [6, 3, 1]).prefix(length))) == nil, "\(length) bytes")
    }
    var wild = elf(types: [1])
    wild.replaceSubrange(32..<40, with: [UInt8](repeating: 0xFF, count: 8))
    #expect(ProgramFile.needsLoader(wild) == nil)
    wild = elf(types: [1])
    wild.replaceSubrange(54..<58, with: [0xFF, 0xFF, 0xFF, 0xFF])
    #expect(ProgramFile.needsLoader(wild) == nil)
  }

  /// A header and program headers of these types.
  private func elf(types: [UInt8]) -> [UInt8] {
    var head = [UInt8](repeating: 0, count: 64)
    head.replaceSubrange(0..<6, with: [0x7F, 0x45, 0x4C, 0x46, 2, 1])
    head[32] = 64
    head[54] = 56
    head[56] = UInt8(types.count)
    return head + types.flatMap { [$0] + [UInt8](repeating: 0, count: 55) }
  }

  @Test("Filesystems have names")
  func filesystems() {
    #expect(FilesystemName.of(0xEF53) == "ext4" && FilesystemName.of(0x794C_7630) == "overlay")
    #expect(FilesystemName.of(Int64(Int32(bitPattern: 0x9123_683E))) == "btrfs", "f_type is signed on some machines")
    #expect(FilesystemName.of(0x1234) == "type 0x1234")
  }
}

@Suite("A failure tells something only where it means something")
struct AttemptTests {
  private let refused = SyscallError("fsopen", EPERM)

  @Test("Who lacks the privileges learns nothing about the kernel")
  func entitlement() {
    let entitled = attempt { () throws(SyscallError) in throw refused }
    #expect(entitled == .fails("fsopen: Operation not permitted"))
    let other = attempt(isEntitled: false) { () throws(SyscallError) in throw refused }
    #expect(other == .unknown("not to be tried without privileges: fsopen: Operation not permitted"))
    #expect(attempt(isEntitled: false) {} == .works())
  }

  @Test("Only the right refusal shows that the kernel knows a call")
  func refusals() {
    func answer(_ result: Int32, _ code: Int32) -> Finding {
      expectRefusal("clone3", EINVAL) {
        errno = code
        return result
      }
    }
    #expect(answer(-1, EINVAL) == .works())
    #expect(answer(-1, ENOSYS) == .fails("clone3: Function not implemented"))
    #expect(answer(-1, E2BIG) == .fails("clone3: Argument list too long"))
    #expect(answer(0, EINVAL) == .fails("clone3: accepted what it must refuse"))
  }
}
