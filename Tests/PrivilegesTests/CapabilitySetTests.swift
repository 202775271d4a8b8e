import CCapability
import Testing

@testable import Privileges

@Suite("Capability names become the kernel's numbers")
struct CapabilitySetTests {
  @Test("Every name agrees with libcap, in both directions")
  func namesAgreeWithLibcap() throws {
    for (number, name) in CapabilitySet.names.enumerated() {
      var value: cap_value_t = -1
      #expect(cap_from_name("cap_" + name.lowercased(), &value) == 0)
      #expect(value == cap_value_t(number), "\(name)")
      #expect(CapabilitySet.number(ofName: name) == number)
      #expect(CapabilitySet(number: number).specificationNames == ["CAP_" + name])
    }
    #expect(cap_max_bits() == cap_value_t(CapabilitySet.names.count))
  }

  @Test(
    "Both spellings and any case are understood",
    arguments: ["NET_ADMIN", "CAP_NET_ADMIN", "net_admin", "cap_net_admin", "Cap_Net_Admin"]
  )
  func spellings(name: String) throws {
    #expect(try CapabilitySet(names: [name], field: "f") == CapabilitySet(number: 12))
  }

  @Test(
    "What is not a capability is refused with its place",
    arguments: [
      ("NET_ADMIM", "f[1]: unknown capability \"NET_ADMIM\"; did you mean NET_ADMIN?"),
      ("CAP_CAP_CHOWN", "unknown capability"), ("", "unknown capability \"\""), ("ALL", "unknown capability \"ALL\""),
      (" CHOWN", "did you mean CHOWN?"), ("CHOWN\n", "\\x0a"), ("cap_", "unknown"), ("41", "unknown"),
      ("ＣＨＯＷＮ", "unknown"), (String(repeating: "A", count: 1_000_000), "…\""),
    ]
  )
  func unknownNames(name: String, expected: String) throws {
    let error = #expect(throws: PrivilegesError.self) {
      try CapabilitySet(names: ["CHOWN", name], field: "f")
    }
    #expect(error?.kind == .invalid)
    #expect(error?.description.contains(expected) == true, "\(String(describing: error))")
    #expect((error?.description.utf8.count ?? 0) < 500)
  }

  @Test("A specification's names need the prefix")
  func specificationNames() throws {
    #expect(try CapabilitySet(specificationNames: ["CAP_KILL"], field: "f") == .kill)
    #expect(throws: PrivilegesError.self) { try CapabilitySet(specificationNames: ["KILL"], field: "f") }
  }

  @Test("Ranges end where the kernel's do")
  func ranges() {
    #expect(CapabilitySet.upTo(40).rawValue == 0x1ff_ffff_ffff)
    #expect(CapabilitySet.upTo(63).rawValue == .max)
    #expect(CapabilitySet.upTo(-1).isEmpty)
    #expect(CapabilitySet(number: 64).isEmpty)
    #expect(CapabilitySet(number: -1).isEmpty)
    #expect(CapabilitySet(number: 63).specificationNames == ["CAP_63"])
  }

  @Test("The defaults are CRI-O's nine and containerd's fourteen")
  func defaults() throws {
    #expect(CapabilitySet.containerDefault.rawValue == 0x5fb)
    #expect(CapabilitySet.containerdDefault.rawValue == 0xa804_25fb)
  }

  @Test("The host's answer is within what the kernel reports for this process")
  func host() throws {
    let host = try CapabilityHost.current()
    #expect(host.known.contains(.sysAdmin))
    #expect(host.known.contains(CapabilitySet(number: 40)))
    #expect(host.held.isSubset(of: host.known))
    #expect(host.held.union(host.missing) == host.known)
    for number in host.known.numbers {
      let isBound = cap_get_bound(cap_value_t(number)) == 1
      #expect(!host.held.contains(CapabilitySet(number: number)) || isBound)
    }
  }
}
