import PodModel

/// Who owns which pod on this machine: one owner for each, an agent or one `swiftlet run`.
public protocol PodLedger: Sendable {
  /// Becomes the owner of a pod and writes down what names its kernel objects, before any of them exists.
  func claim(_ pod: Pod) async throws
  /// Nothing of the pod is left.
  func release(_ pod: Pod) async throws
}
