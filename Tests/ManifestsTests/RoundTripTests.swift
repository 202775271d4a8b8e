import Foundation
import Manifests
import PodModel
import Testing

@Suite("What is read is what was written")
struct RoundTripTests {
  private func json(_ pod: Pod) throws -> String {
    String(decoding: try JSONEncoder().encode(pod), as: UTF8.self)
  }

  /// ConfigMap and Secret as manifests.
  private func beside(_ random: RandomPod) -> [ManifestText] {
    func base64(_ values: [String: [UInt8]]) -> String {
      values.map { "\($0): \(Data($1).base64EncodedString())" }.joined(separator: ", ")
    }
    let data = random.configMap.data.map { "\($0): \(String(reflecting: $1))" }.joined(separator: ", ")
    return [
      ManifestText(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {\(data)}\nbinaryData: {\(base64(random.configMap.binaryData))}",
        file: "settings.yaml"
      ),
      ManifestText(
        "apiVersion: v1\nkind: Secret\nmetadata: {name: password}\ndata: {\(base64(random.secret.data))}",
        file: "password.yaml"
      ),
    ]
  }

  @Test("a pod encoded by the model and read as a manifest is the same pod")
  func pods() throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("pods: seed \(seed)")
    for index in 0..<200 {
      var random = RandomPod(seed: seed &+ UInt64(index))
      let pod = random.pod()
      let text = try json(pod)
      let result = ManifestReader.read([ManifestText(text, file: "pod.json")] + beside(random))
      let errors = result.diagnostics.filter { $0.severity == .error }
      try #require(errors == [], "seed \(seed) + \(index)")
      try #require(result.pods == [pod], "seed \(seed) + \(index)")
      #expect(result.configMaps == [random.configMap])
      #expect(result.secrets == [random.secret])
      #expect(try JSONDecoder().decode(Pod.self, from: Data(text.utf8)) == pod)
      #expect(try json(result.pods[0]).utf8.count == text.utf8.count)
    }
  }

  @Test("a random pod that lost a part is refused or read, and nothing traps")
  func damaged() throws {
    let seed = UInt64.random(in: 0 ... .max)
    print("damaged pods: seed \(seed)")
    var generator = SeededGenerator(state: seed)
    for index in 0..<300 {
      var random = RandomPod(seed: seed &+ UInt64(index))
      var bytes = Array(try json(random.pod()).utf8)
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let position = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: bytes.remove(at: position)
        case 1: bytes[position] = UInt8.random(in: 0x20...0x7E, using: &generator)
        default: bytes.insert(contentsOf: "null{}[]\"-1".utf8.shuffled(using: &generator).prefix(2), at: position)
        }
      }
      let text = String(decoding: bytes, as: UTF8.self)
      let result = ManifestReader.read([ManifestText(text, file: "pod.json")] + beside(random))
      #expect(result.pods.isEmpty || !result.hasErrors, "seed \(seed) + \(index)")
    }
  }
}
