import Glibc
import Testing

@testable import Privileges

@Suite("A container gets the capabilities that containerd's CRI plug-in would compute")
struct ContainerCapabilitiesTests {
  static let host = CapabilityHost(known: .upTo(40), held: .upTo(40))

  static let table: [(add: [String], drop: [String], expected: CapabilitySet)] = [
    ([], [], .containerDefault),
    (["NET_ADMIN"], [], CapabilitySet.containerDefault.union(CapabilitySet(number: 12))),
    ([], ["KILL"], CapabilitySet.containerDefault.subtracting(.kill)),
    ([], ["ALL"], []),
    (["NET_BIND_SERVICE"], ["ALL"], .netBindService),
    (["ALL"], [], .upTo(40)),
    (["ALL"], ["CHOWN"], CapabilitySet.upTo(40).subtracting(.chown)),
    (["ALL"], ["ALL"], []),
    (["ALL", "KILL"], ["ALL"], .kill),
    (["KILL"], ["KILL"], CapabilitySet.containerDefault.subtracting(.kill)),
    (["KILL"], ["ALL", "KILL"], []),
    (["CAP_KILL", "kill"], ["all"], .kill),
  ]

  @Test("Additions and removals", arguments: table)
  func math(row: (add: [String], drop: [String], expected: CapabilitySet)) throws {
    let sets = try ContainerCapabilities(CapabilityRequest(add: row.add, drop: row.drop), host: Self.host)
    #expect(sets.bounding == row.expected)
    #expect(sets.permitted == row.expected)
    #expect(sets.effective == row.expected)
    #expect(sets.inheritable.isEmpty)
    #expect(sets.ambient.isEmpty)
    #expect(sets.unavailable.isEmpty)
  }

  @Test("Privileged means all that the host can give, and says what it cannot")
  func privileged() throws {
    let resource = CapabilitySet(number: 24)
    let host = CapabilityHost(known: .upTo(40), held: CapabilitySet.upTo(40).subtracting(resource))
    let sets = try ContainerCapabilities(CapabilityRequest(drop: ["ALL"], privileged: true), host: host)
    #expect(sets.bounding == host.held)
    #expect(sets.unavailable == resource)
    let all = try ContainerCapabilities(CapabilityRequest(add: ["ALL"]), host: host)
    #expect(all.unavailable == resource)
  }

  @Test("A capability asked for by name and not held is refused by name")
  func notHeld() throws {
    let host = CapabilityHost(known: .upTo(40), held: .containerDefault)
    let error = #expect(throws: PrivilegesError.self) {
      try ContainerCapabilities(CapabilityRequest(add: ["SYS_TIME"]), host: host)
    }
    #expect(error?.kind == .hostLacks)
    #expect(error?.place == "securityContext.capabilities.add")
    #expect(error?.problem.contains("SYS_TIME") == true)
  }

  @Test("Unknown names are refused even where another field overrides them")
  func unknown() throws {
    for request in [
      CapabilityRequest(add: ["ALL", "NOSUCH"]), CapabilityRequest(drop: ["ALL", "NOSUCH"]),
      CapabilityRequest(add: ["KILL", "NOSUCH"], privileged: true),
    ] {
      let error = #expect(throws: PrivilegesError.self) { try ContainerCapabilities(request, host: Self.host) }
      #expect(error?.place.hasSuffix("[1]") == true)
    }
  }

  @Test("Random requests: never more than asked for, never more than held")
  func property() throws {
    var random = SeededGenerator()
    for _ in 0..<5_000 {
      let add = CapabilitySet(rawValue: random.next() & random.next()).intersection(.upTo(40))
      let drop = CapabilitySet(rawValue: random.next() & random.next()).intersection(.upTo(40))
      let held = CapabilitySet(rawValue: random.next() | random.next()).intersection(.upTo(40))
      let host = CapabilityHost(known: .upTo(40), held: held)
      let request = CapabilityRequest(add: add.kubernetesNames, drop: drop.kubernetesNames)
      let wanted = CapabilitySet.containerDefault.union(add).subtracting(drop)
      do {
        let sets = try ContainerCapabilities(request, host: host)
        #expect(sets.bounding == wanted.intersection(held), "seed \(random.seed)")
        #expect(add.subtracting(drop).isSubset(of: held), "seed \(random.seed)")
      } catch {
        #expect(error.kind == .hostLacks, "seed \(random.seed)")
        #expect(!add.subtracting(drop).isSubset(of: held), "seed \(random.seed)")
      }
    }
  }
}

@Suite("Capability sets change over execve as capabilities(7) says")
struct CapabilityStateTests {
  /// The manual page's formula, one capability at a time, in booleans.
  static func manualPage(_ old: CapabilityState, isRoot: Bool, file: CapabilityState.File?, bit: Int) -> [Bool] {
    func has(_ set: CapabilitySet) -> Bool { set.rawValue & (1 << UInt64(bit)) != 0 }
    let privilegedFile = file != nil || isRoot
    let fileInheritable = isRoot || (file.map { has($0.inheritable) } ?? false)
    let filePermitted = isRoot || (file.map { has($0.permitted) } ?? false)
    let fileEffective = isRoot || (file?.effective ?? false)
    let ambient = privilegedFile ? false : has(old.ambient)
    let permitted = (has(old.inheritable) && fileInheritable) || (filePermitted && has(old.bounding)) || ambient
    return [has(old.bounding), permitted, fileEffective ? permitted : ambient, has(old.inheritable), ambient]
  }

  @Test("Random states equal the formula")
  func formula() {
    var random = SeededGenerator()
    func set() -> CapabilitySet { CapabilitySet(rawValue: random.next()) }
    for _ in 0..<4_000 {
      let state = CapabilityState(
        bounding: set(),
        permitted: set(),
        effective: set(),
        inheritable: set(),
        ambient: set()
      )
      let file =
        random.next() & 1 == 0
        ? nil : CapabilityState.File(permitted: set(), inheritable: set(), effective: random.next() & 1 == 0)
      let isRoot = random.next() & 1 == 0
      let after = state.afterExecve(isRoot: isRoot, file: file)
      for bit in stride(from: 0, to: 64, by: 7) {
        let got = [after.bounding, after.permitted, after.effective, after.inheritable, after.ambient].map {
          $0.rawValue & (1 << UInt64(bit)) != 0
        }
        #expect(got == Self.manualPage(state, isRoot: isRoot, file: file, bit: bit), "seed \(random.seed)")
      }
    }
  }

  @Test("A container's user 1000 keeps nothing over execve, added capabilities or not")
  func nonRoot() throws {
    let sets = try ContainerCapabilities(
      CapabilityRequest(add: ["NET_ADMIN"]),
      host: ContainerCapabilitiesTests.host
    )
    let after = CapabilityState(sets).afterExecve(isRoot: false)
    #expect(after.permitted.isEmpty && after.effective.isEmpty && after.ambient.isEmpty)
    #expect(after.bounding == sets.bounding)
    #expect(CapabilityState(sets).afterExecve(isRoot: true).effective == sets.bounding)
  }
}
