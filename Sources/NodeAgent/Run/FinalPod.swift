import FoundationEssentials
import Linux
import PodModel

/// The pod as Kubernetes would show it when all is over.
enum FinalPod {
  /// JSON with sorted keys.
  static func json(_ pod: Pod, _ status: PodStatus) throws -> [UInt8] {
    var pod = pod
    pod.status = status
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    return Array(try encoder.encode(pod)) + [UInt8(ascii: "\n")]
  }

  /// Writes it.
  static func write(_ pod: Pod, _ status: PodStatus, to descriptor: Int32) throws {
    try writeWaiting(descriptor, try json(pod, status))
  }
}
