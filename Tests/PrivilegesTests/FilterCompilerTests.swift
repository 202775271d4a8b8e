import CSeccomp
import RuntimeAPI
import Testing

@testable import Privileges

@Suite("A compiled filter decides what the profile says")
struct FilterCompilerTests {
  static let kernel = KernelVersion(major: 6, minor: 1)
  static let capabilitySets: [CapabilitySet] = [
    .containerDefault, [], .sysAdmin, .upTo(40), CapabilitySet(number: 19), CapabilitySet(number: 25),
  ]

  static func newest(_ model: ProfileModel) -> [SeccompArchitecture: UInt32] {
    var bounds: [SeccompArchitecture: UInt32] = [:]
    for architecture in model.platform.architectures { bounds[architecture] = model.newest(architecture) }
    return bounds
  }

  static func hex(_ number: UInt32) -> String { String(number, radix: 16) }

  @Test(
    "RuntimeDefault: every number from 0 to 600 of every calling convention (BOX-02)",
    arguments: SeccompPlatform.allCases,
    capabilitySets
  )
  func table(platform: SeccompPlatform, capabilities: CapabilitySet) throws {
    let profile = RuntimeDefault.profile(
      for: SeccompTarget(platform: platform, capabilities: capabilities, kernel: Self.kernel)
    )
    let model = ProfileModel(profile: profile, platform: platform)
    let bounds = Self.newest(model)
    let simulator = try FilterSimulator(FilterCompiler.compile(profile, for: platform).bytes)
    for architecture in platform.architectures {
      for number in UInt32(0)...600 {
        for first in [0, 38, 1 << 28] as [UInt64] {
          let call = Call(
            architecture: architecture.auditArchitecture,
            number: number | architecture.numberBit,
            arguments: [first, 0, 0, 0, 0, 0]
          )
          let (got, wanted) = (try simulator.verdict(call), model.verdict(call, newest: bounds))
          if got != wanted {
            Issue.record("\(architecture) \(number) arg0 \(first): \(Self.hex(got)), not \(Self.hex(wanted))")
          }
        }
      }
    }
  }

  @Test("Spot checks of RuntimeDefault that do not go through any table of names")
  func spots() throws {
    let profile = RuntimeDefault.profile(
      for: SeccompTarget(platform: .amd64, capabilities: .containerDefault, kernel: Self.kernel)
    )
    let simulator = try FilterSimulator(FilterCompiler.compile(profile, for: .amd64).bytes)
    let (native, i386, x32) = (UInt32(0xc000_003e), UInt32(0x4000_0003), UInt32(0x4000_0000))
    let (allow, permission, missing) = (UInt32(0x7fff_0000), UInt32(0x5_0001), UInt32(0x5_0026))
    let rows: [(UInt32, UInt32, UInt64, UInt32)] = [
      (native, 0, 0, allow), (native, 59, 0, allow), (native, 462, 0, allow), (native, 466, 0, allow),
      (native, 335, 0, allow), (native, 457, 0, allow), (native, 464, 0, allow), (native, 158, 0, allow),
      // mount, unshare, setns, ptrace is allowed, keyctl, userfaultfd, io_uring_setup, pivot_root, kexec_load
      (native, 165, 0, permission), (native, 272, 0, permission), (native, 308, 0, permission),
      (native, 101, 0, allow), (native, 250, 0, permission), (native, 323, 0, permission),
      (native, 425, 0, permission), (native, 155, 0, permission), (native, 246, 0, permission),
      (native, 459, 0, permission), (native, 161, 0, permission),
      // clone3, and calls of later kernels
      (native, 435, 0, missing), (native, 467, 0, missing), (native, 470, 0, missing), (native, 999, 0, missing),
      (native, 0x3fff_ffff, 0, missing), (native, 520, 0, missing),
      // clone: CLONE_VM is fine, CLONE_NEWUSER is not
      (native, 56, 0x100, allow), (native, 56, 0x1000_0000, permission), (native, 56, 0x2_0000, permission),
      // socket: AF_INET, AF_ALG, AF_VSOCK, AF_QIPCRTR, and AF_ALG with a high bit that the kernel ignores
      (native, 41, 2, allow), (native, 41, 38, permission), (native, 41, 39, allow), (native, 41, 40, permission),
      (native, 41, 42, allow), (native, 41, 0x1_0000_0026, permission), (native, 41, 0x1_0000_0028, permission),
      // personality
      (native, 135, 0, allow), (native, 135, 0x20008, allow), (native, 135, 0xffff_ffff, allow),
      (native, 135, 0x0040_0000, permission), (native, 135, 0x1_0000_0000, permission),
      // i386: read, mount, clone, keyctl, socketcall, a later call
      (i386, 3, 0, allow), (i386, 21, 0, permission), (i386, 120, 0x1000_0000, permission), (i386, 288, 0, permission),
      (i386, 102, 1, allow), (i386, 359, 38, permission), (i386, 462, 0, allow), (i386, 467, 0, missing),
      // x32: read, its own rt_sigaction, mount, a later call, beyond its own
      (native, x32, 0, allow), (native, x32 | 512, 0, allow), (native, x32 | 165, 0, permission),
      (native, x32 | 462, 0, allow), (native, x32 | 467, 0, missing), (native, x32 | 548, 0, missing),
      (native, x32 | 520, 0, allow), (native, 0xffff_ffff, 0, missing),
      // another machine's: killed
      (0xc000_00b7, 0, 0, 0),
    ]
    for (architecture, number, first, wanted) in rows {
      let call = Call(architecture: architecture, number: number, arguments: [first, 0, 0, 0, 0, 0])
      let got = try simulator.verdict(call)
      #expect(
        got == wanted,
        "\(Self.hex(architecture)) \(number) arg0 \(first): \(Self.hex(got)), not \(Self.hex(wanted))"
      )
    }
  }

  @Test("Random profiles and random calls (FUZ-08)")
  func random() throws {
    var random = SeededGenerator()
    var compiled = 0
    let rounds = 40
    for _ in 0..<rounds {
      var profile = RandomProfile.make(&random)
      let platform = random.next() & 3 == 0 ? SeccompPlatform.arm64 : .amd64
      profile.architectures = platform.architectures.map(\.rawValue).filter { _ in random.next() & 3 != 0 }
      let filter: CompiledFilter
      do {
        filter = try FilterCompiler.compile(profile, for: platform)
      } catch {
        #expect(error.kind == .unsupported, "seed \(random.seed): \(error)")
        continue
      }
      compiled += 1
      let model = ProfileModel(profile: profile, platform: platform)
      let bounds = Self.newest(model)
      let simulator = try FilterSimulator(filter.bytes)
      for _ in 0..<400 {
        let call = RandomProfile.call(&random, profile, platform)
        let (got, wanted) = (try simulator.verdict(call), model.verdict(call, newest: bounds))
        if got != wanted {
          Issue.record("seed \(random.seed) \(platform) \(call): \(Self.hex(got)), not \(Self.hex(wanted)) \(profile)")
          return
        }
      }
    }
    #expect(
      compiled >= rounds * 4 / 5,
      "seed \(random.seed): most random profiles must be compilable, or nothing was tested"
    )
  }

  @Test("Comparisons, at the edges of both words", arguments: RandomProfile.operators)
  func comparisons(operation: SeccompOperator) throws {
    let edges: [UInt64] = [
      0, 1, 5, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x1_0000_0000, 0x1_0000_0005, 0x5_0000_0000, .max, .max - 1,
    ]
    for value in edges {
      for two in operation == .maskedEqual ? [value, value & 5, value & 0xffff_ffff, 0] : [0] {
        let condition = SeccompArgument(index: 2, value: value, valueTwo: two, op: operation)
        let profile = SeccompProfile(
          defaultAction: .log,
          architectures: ["SCMP_ARCH_X86", "SCMP_ARCH_X32"],
          syscalls: [SeccompRule(names: ["getpid"], action: .trap, args: [condition])]
        )
        let model = ProfileModel(profile: profile, platform: .amd64)
        let simulator = try FilterSimulator(FilterCompiler.compile(profile, for: .amd64).bytes)
        for argument in edges {
          for (architecture, number) in [
            (0xc000_003e, 39), (0x4000_0003, 20), (0xc000_003e, 0x4000_0000 | 39),
          ] as [(UInt32, UInt32)] {
            let call = Call(architecture: architecture, number: number, arguments: [0, 0, argument, 0, 0, 0])
            #expect(try simulator.verdict(call) == model.verdict(call, newest: [:]), "\(condition) \(call)")
          }
        }
      }
    }
  }

  @Test("i386 makes socket and System V calls directly and through socketcall and ipc")
  func multiplexed() throws {
    let family = SeccompArgument(index: 0, value: 2, op: .equal)
    let profile = SeccompProfile(
      defaultAction: .errno,
      architectures: ["SCMP_ARCH_X86"],
      syscalls: [
        SeccompRule(names: ["socket"], action: .allow, args: [family]),
        SeccompRule(names: ["bind", "shmctl", "accept"], action: .allow),
        SeccompRule(names: ["msgget"], action: .log),
      ]
    )
    let simulator = try FilterSimulator(FilterCompiler.compile(profile, for: .amd64).bytes)
    let (allow, log, refuse): (UInt32, UInt32, UInt32) = (0x7fff_0000, 0x7ffc_0000, 0x5_0001)
    let rows: [(number: UInt32, first: UInt64, verdict: UInt32)] = [
      (359, 2, allow), (359, 38, refuse), (361, 0, allow), (362, 0, refuse), (396, 0, allow), (399, 0, log),
      // socket, bind, connect, accept, sendto through socketcall
      (102, 1, allow), (102, 2, allow), (102, 3, refuse), (102, 5, allow), (102, 11, refuse), (102, 0, refuse),
      // shmctl, shmat, msgget through ipc
      (117, 24, allow), (117, 21, refuse), (117, 13, log),
    ]
    for row in rows {
      let call = Call(architecture: 0x4000_0003, number: row.number, arguments: [row.first, 0, 0, 0, 0, 0])
      #expect(try simulator.verdict(call) == row.verdict, "\(row)")
    }
    let mixed = SeccompProfile(
      defaultAction: .errno,
      architectures: ["SCMP_ARCH_X86"],
      syscalls: profile.syscalls + [
        SeccompRule(
          names: ["socket"],
          action: .log,
          args: [SeccompArgument(index: 0, value: 3, op: .equal)]
        )
      ]
    )
    let error = #expect(throws: PrivilegesError.self) { try FilterCompiler.compile(mixed, for: .amd64) }
    #expect(error?.problem.contains("SCMP_ARCH_X86") == true)
    // A rule for the multiplexer itself decides.
    let whole = SeccompProfile(
      defaultAction: .errno,
      architectures: ["SCMP_ARCH_X86"],
      syscalls: profile.syscalls + [SeccompRule(names: ["socketcall"], action: .allow)]
    )
    let open = try FilterSimulator(FilterCompiler.compile(whole, for: .amd64).bytes)
    #expect(try open.verdict(Call(architecture: 0x4000_0003, number: 102, arguments: [11, 0, 0, 0, 0, 0])) == allow)
  }
}
