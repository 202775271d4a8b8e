import PodModel

extension Pod {
  /// `oom_score_adj` of a container's processes by the pod's class and the memory that the container asks for
  /// (`pkg/kubelet/qos/policy.go`): the less a container was promised, the sooner it is ended when memory runs out.
  ///
  /// - Parameter memoryCapacity: Bytes of memory of this machine.
  public func oomScoreAdj(of container: Container, memoryCapacity: Int64) -> Int {
    switch spec.qosClass {
    case .guaranteed: return -997
    case .bestEffort: return 1000
    case .burstable:
      let requests = Defaults.requests(container.resources.requests, limits: container.resources.limits)
      let request = min(max(requests.memory?.value ?? 0, 0), Int64.max / 1000)
      // 2 is left to what belongs to no pod, and 1000 to pods that were promised nothing.
      return min(max(3, 1000 - Int(1000 * request / max(1, memoryCapacity))), 999)
    }
  }
}
