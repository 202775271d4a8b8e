import ArgumentParser
import CommandLineOptions
import HostCheck
import JSONText
import Testing

@testable import Commands

@Suite("The report of swiftlet check")
struct CheckRenderingTests {
  private let report = CheckReport(items: [
    CheckItem(
      "kernel",
      group: .kernel,
      state: .ok,
      severity: .required,
      found: "Linux 6.12.0 x86_64",
      cost: "nothing",
      remedy: "nothing to do"
    ),
    CheckItem(
      "openat2",
      group: .kernel,
      state: .ok,
      severity: .required,
      found: "",
      cost: "no pod can start",
      remedy: "Linux 5.6"
    ),
    CheckItem(
      "memory controller",
      group: .cgroups,
      state: .missing,
      severity: .limit,
      found: "bound to cgroup v1",
      cost: "memory limits are not enforced",
      remedy: "cgroup_no_v1=all"
    ),
    CheckItem(
      "open files",
      group: .limits,
      state: .limited,
      severity: .limit,
      found: "up to 20000",
      cost: "fewer files",
      remedy: "LimitNOFILE=1048576"
    ),
    CheckItem(
      "nft",
      group: .programs,
      state: .missing,
      severity: .feature,
      found: "not found",
      cost: "no host ports",
      remedy: "apt-get install nftables"
    ),
  ])

  @Test("A table in groups, then what is not as it should be, then the conclusion")
  func table() {
    #expect(
      CheckText(report, verbose: false).text == """
        KERNEL
          ok        kernel              Linux 6.12.0 x86_64
          ok        openat2
        CGROUPS
          missing   memory controller   bound to cgroup v1
        LIMITS
          limited   open files          up to 20000
        PROGRAMS
          missing   nft                 not found

        memory controller (cgroups, limit): missing
          without it:   memory limits are not enforced
          to get it:    cgroup_no_v1=all

        open files (limits, limit): limited
          without it:   fewer files
          to get it:    LimitNOFILE=1048576

        nft (programs, feature): missing
          without it:   no host ports
          to get it:    apt-get install nftables

        pods can run here: yes
        limits that cannot be enforced, or not wholly: memory controller, open files
        features that are missing: nft

        """
    )
  }

  @Test("With -v everything is explained")
  func verbose() {
    let text = CheckText(report, verbose: true).text
    for item in report.items { #expect(text.contains("\n\(item.name) (\(item.group.rawValue), "), "\(item.name)") }
    #expect(
      text.contains("\nopenat2 (kernel, required): ok\n  without it:   no pod can start\n  to get it:    Linux 5.6\n")
    )
  }

  @Test("What keeps pods from starting is named")
  func obstacles() {
    var items = report.items
    items[1].state = .missing
    let text = CheckText(CheckReport(items: items), verbose: false).text
    #expect(text.contains("\npods can run here: no: openat2\n"))
    items = [items[0]]
    #expect(
      CheckText(CheckReport(items: items), verbose: false).text == """
        KERNEL
          ok        kernel   Linux 6.12.0 x86_64

        pods can run here: yes
        limits that cannot be enforced, or not wholly: none
        features that are missing: none

        """
    )
  }

  @Test("JSON has sorted keys and the items in the table's order")
  func json() throws {
    let one = checkJSON(CheckReport(items: [report.items[2]]))
    #expect(
      one == #"{"canRun":true,"items":[{"cost":"memory limits are not enforced","found":"bound to cgroup v1","#
        + #""group":"cgroups","name":"memory controller","remedy":"cgroup_no_v1=all","severity":"limit","#
        + #""state":"missing"}],"missingFeatures":[],"obstacles":[],"unenforcedLimits":["memory controller"]}"#
    )
    let items = try JSONValue(parsing: Array(checkJSON(report).utf8))["items"]?.array
    #expect(items?.compactMap { $0["name"]?.string } == report.items.map(\.name))
  }

  @Test("Flags")
  func arguments() throws {
    let command = try #require(
      CheckCommand.parseAsRoot(["-v", "-o", "json", "--shim", "/s", "--state-dir", "/x"]) as? CheckCommand
    )
    #expect(command.verbose && command.output == .json && command.shim == "/s" && command.global.stateDirectory == "/x")
    for wrong in [["-o", "yaml"], ["extra"], ["--state-dir", ""]] {
      #expect(throws: (any Error).self, "\(wrong)") { try CheckCommand.parseAsRoot(wrong) }
    }
  }
}
