import Glibc
import Linux
import PodLogic
import PodModel
import RuntimeAPI
import RuntimeTestKit
import Testing

@testable import PodEngine

@Suite("A running pod knows its addresses and its objects", .timeLimit(.minutes(1)))
struct PodIdentityTests {
  private func file(_ name: String, _ bench: Bench) throws -> String {
    let bytes = try readRegularFile(AT_FDCWD, "\(bench.root)/run/pods/u-1/files/\(name)", limit: 1 << 20)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test("Address, full name, variables and name servers reach the container")
  func everything() async throws {
    var bench = try Bench()
    defer { bench.clean() }
    var settings = ConfigMap(metadata: ObjectMeta(name: "settings"))
    settings.data = ["COLOUR": "green"]
    bench.objects = GivenObjects(configMaps: [settings], secrets: [])
    var spec = Pod.test("app")
    spec.spec.subdomain = "sub"
    spec.spec.setHostnameAsFQDN = true
    spec.spec.dnsPolicy = .none
    spec.spec.dnsConfig = PodDNSConfig()
    spec.spec.dnsConfig?.nameservers = ["1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.1.4"]
    spec.spec.containers[0].envFrom = [EnvironmentSource(.configMap, name: "settings")]
    spec.spec.containers[0].env = [EnvironmentVariable(name: "IP", from: .pod(.field(path: "status.podIP")))]
    let pod = try await bench.accept(spec)
    await pod.untilRunning()
    let name = "web.sub.default.svc.cluster.local"
    #expect(try file("hosts", bench).hasSuffix("10.85.0.2\t\(name)\tweb\n"))
    #expect(try file("hostname", bench) == name + "\n")
    #expect(try file("resolv.conf", bench) == "nameserver 1.1.1.1\nnameserver 1.1.1.2\nnameserver 1.1.1.3\n")
    let environment = await bench.runtime.configurations.values.first?.specification.process.env ?? []
    #expect(Set(["HOSTNAME=\(name)", "COLOUR=green", "IP=10.85.0.2"]).isSubset(of: environment))
    let notice = pod.updates.notices.first { $0.reason == "DNSConfigForming" }
    #expect(notice?.isWarning == true)
    pod.handle.kill()
    _ = await pod.untilFinished()
  }

  @Test("An object that is not there keeps its container waiting, and only that one")
  func missing() async throws {
    let bench = try Bench()
    defer { bench.clean() }
    var spec = Pod.test("app", "other")
    spec.spec.containers[0].envFrom = [EnvironmentSource(.secret, name: "keys")]
    let pod = try await bench.accept(spec)
    await pod.untilRunning("other")
    await pod.untilStatus { $0["app"]?.waitingReason == "CreateContainerConfigError" }
    #expect(pod.status?["app"]?.waitingMessage == "spec.containers[app].envFrom[0]: secret \"keys\" not found")
    pod.handle.kill()
    _ = await pod.untilFinished()
  }

  @Test("Files that cannot be written take sandbox and addresses back")
  func unwritable() async throws {
    let bench = try Bench()
    defer { bench.clean() }
    // A directory is in the place of the file.
    try ensureDirectories("\(bench.root)/run/pods/u-1/files/hosts")
    let pod = try await bench.accept(.test("app"))
    await pod.until { $0.notices.contains { $0.reason == "FailedCreatePodSandBox" } }
    #expect(bench.network.taken.isEmpty)
    let sandbox = try #require(SandboxID("u-1"))
    #expect(await bench.runtime.calls.contains(.removeSandbox(sandbox)))
    pod.handle.kill()
    _ = await pod.untilFinished()
  }
}
