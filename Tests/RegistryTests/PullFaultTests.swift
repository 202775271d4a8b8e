import ArchiveTestKit
import Glibc
import Testing

@testable import Images

@Suite(
  "Whatever a registry does, a person is told what, nothing of it stays, memory is bounded, and the next pull is not harmed",
  .enabled(if: geteuid() == 0, "needs root"),
  .serialized
)
struct PullFaultTests {
  /// In KiB: what a process that pulls may have at most, whatever arrives.
  private static let mostMemory = 64 << 10

  @Test("There are at least sixty of them, all different")
  func number() {
    let all = Self.all
    #expect(all.count >= 60 && Set(all.map { $0.name }).count == all.count)
  }

  static let all =
    PullFault.answers + PullFault.redirects + PullFault.documents + PullFault.configurations + PullFault.layers

  @Test("Each", arguments: all)
  func fault(_ fault: PullFault) async throws {
    let store = try ObservedStore()
    let isHonest = HonestySwitch()
    let registry = try await fault.registry(isHonest: isHonest)
    let port = registry.port
    let credentials = try store.scratch.file(
      "config.json",
      Array(#"{"auths":{"127.0.0.1:\#(port)":{"username":"ann","password":"secret"}}}"#.utf8)
    )
    func pull(_ reference: String) throws -> String {
      let process = try PullingProcess(
        store: store.path,
        name: "127.0.0.1:\(port)/\(reference)",
        credentials: fault.hasPassword ? credentials : nil
      )
      let (line, kilobytes) = try process.finish()
      #expect(kilobytes <= Self.mostMemory)
      #expect(!line.contains("secret") && !line.contains("c2VjcmV0"))
      return line
    }
    let line = fault.normalised(try pull(fault.reference), port).replacing(store.scratch.path, with: "SCRATCH")
    #expect(line == fault.expected)
    let layer = ServedImage.honest.layers[0]
    let kept = try store.partial(.sha256(of: layer))
    if line.hasPrefix("failed") {
      #expect(try store.content() == (fault.isContinued ? ["/partial/\(ContentDigest.sha256(of: layer).hex)"] : []))
      #expect(kept == Array(layer.prefix(kept.count)) && kept.isEmpty != fault.isContinued)
    }
    isHonest.turnOn()
    let before = registry.requests.count
    #expect(try pull("team/app:1") == "pulled \(ServedImage.honest.digest)")
    // Nothing that was right is fetched again.
    let request = registry.requests[before...].first { $0.isFor(.sha256(of: layer)) }
    if line.hasPrefix("failed") { #expect(request?.rangeStart ?? 0 == kept.count) }
    try await registry.stop()
  }
}
