import Glibc

/// Random numbers that come again with the same seed (SplitMix64), for tests that try what nobody thought of. `SEED` in the
/// environment repeats a run.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  /// What it began with, to be told with every failure.
  public let seed: UInt64
  private var state: UInt64

  /// Begins with a seed: the given one, that of the environment, or any.
  public init(seed: UInt64? = nil) {
    let asked = getenv("SEED").flatMap { UInt64(String(cString: $0)) }
    self.seed = seed ?? asked ?? UInt64.random(in: .min ... .max)
    state = self.seed
  }

  /// The next number.
  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  /// A number from 0 up to `bound`, which it does not reach.
  public mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<max(bound, 1), using: &self) }

  /// True once in `count` times.
  public mutating func oneIn(_ count: Int) -> Bool { below(count) == 0 }

  /// One of several.
  public mutating func pick<T>(_ values: [T]) -> T { values[below(values.count)] }

  /// Between no and `longest` values.
  public mutating func list<T>(_ longest: Int, _ make: (inout SeededGenerator) -> T) -> [T] {
    (0..<below(longest + 1)).map { _ in make(&self) }
  }

  /// A text of any characters but NUL, some of them such as parsers stumble on.
  public mutating func text(_ longest: Int = 12) -> String {
    let characters: [Character] = ["a", "/", ".", " ", "\n", "\\", "\"", "=", "é", "😀", "\u{1}", "\u{7f}", "\u{2028}"]
    return String(list(longest) { $0.pick(characters) })
  }
}
