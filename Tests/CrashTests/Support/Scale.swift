import Glibc

/// How much is tried: `SCALE=10` tries ten times as many moments as usual.
enum Scale {
  static let factor = getenv("SCALE").flatMap { Int(String(cString: $0)) } ?? 1

  /// The seed of everything that is drawn: printed with what fails, `SEED=N` repeats it. A plain run draws the same
  /// every time, so that a change is judged by what it changes; a longer one (`SCALE`) draws anew.
  static let seed =
    getenv("SEED").flatMap { UInt64(String(cString: $0)) }
    ?? (factor == 1 ? 524_456 : UInt64.random(in: 1...999_999))

  /// About `count` points spread over a range, at most all of it.
  static func points(_ count: Int, of all: Int) -> [Int] {
    let wanted = min(all, count * factor)
    guard wanted > 0 else { return [] }
    var generator = Draw(seed: seed)
    // One from each slice of equal size: no part of the way is left out.
    return (0..<wanted).map { slice in
      let first = slice * all / wanted
      let end = max(first + 1, (slice + 1) * all / wanted)
      return Int.random(in: first..<end, using: &generator)
    }
  }
}

/// A generator that a number repeats (SplitMix64).
struct Draw: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }
}
