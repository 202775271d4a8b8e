import Testing

@Suite("Whatever happens, in whatever order")
struct PropertyTests {
  /// restartCount never falls, a terminal phase stays and is told only when nothing lives, nothing is started after a
  /// wish to stop, no action is decided twice, two attempts never live together, and nobody waits for nothing.
  @Test("A pod keeps its promises and comes to an end", arguments: [UInt64](0..<200))
  func promises(seed: UInt64) {
    var pod = RandomPod(seed: seed)
    for _ in 0..<100 where !pod.isFinished { pod.step() }
    pod.bringToEnd()
    #expect(pod.violations.isEmpty, "seed \(seed)")
  }
}
