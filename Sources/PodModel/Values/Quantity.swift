/// An exact amount of a resource, as Kubernetes writes it: `500m`, `128Mi`, `1.5`, `1e3`.
///
/// Between -(2^63-1) and 2^63-1 in steps of a nano; a finer fraction is rounded away from zero, as
/// `k8s.io/apimachinery/pkg/api/resource` does. Where that package quietly caps a greater amount, this one refuses it.
/// Two quantities are equal when their amounts are: `1000m` is `1`.
public struct Quantity: Sendable {
  /// How an amount is written; kept from the text it was read from.
  public enum Format: Sendable {
    /// `n u m k M G T P E`: powers of 1000.
    case decimalSI
    /// `Ki Mi Gi Ti Pi Ei`: powers of 1024.
    case binarySI
    /// `e3`, `E6`: powers of ten.
    case decimalExponent
  }

  /// The amount in nanos (10^-9).
  public let nanos: Int128
  /// How `description` writes the amount.
  public let format: Format

  static let nanosPerUnit: Int128 = 1_000_000_000
  static let greatestNanos = Int128(Int64.max) * nanosPerUnit

  /// An amount in nanos.
  ///
  /// - Throws: `QuantityError.overflow` beyond ±(2^63-1) units.
  public init(nanos: Int128, format: Format = .decimalSI) throws(QuantityError) {
    guard nanos.magnitude <= Self.greatestNanos.magnitude else { throw .overflow }
    self.nanos = nanos
    self.format = format
  }

  /// A whole number of units (cores, bytes).
  ///
  /// `Int64.min`, which no quantity holds, becomes -(2^63-1).
  public init(_ units: Int64, format: Format = .decimalSI) {
    nanos = Int128(max(units, -Int64.max)) * Self.nanosPerUnit
    self.format = format
  }

  /// A number of thousandths (millicores).
  public init(milli: Int64) {
    nanos = Int128(milli) * 1_000_000
    format = .decimalSI
  }

  /// Nothing at all.
  public static let zero = Quantity(0)

  /// The amount in whole units, rounded away from zero.
  public var value: Int64 { Int64(clamping: rounded(to: Self.nanosPerUnit)) }

  /// The amount in thousandths, rounded away from zero.
  ///
  /// - Throws: `QuantityError.overflow` when it does not fit 64 bits.
  public var milliValue: Int64 {
    get throws(QuantityError) {
      guard let value = Int64(exactly: rounded(to: 1_000_000)) else { throw .overflow }
      return value
    }
  }

  private func rounded(to step: Int128) -> Int128 {
    let (quotient, remainder) = nanos.quotientAndRemainder(dividingBy: step)
    return remainder == 0 ? quotient : quotient + remainder.signum()
  }
}

extension Quantity: Comparable, Hashable {
  /// Compares amounts; how they are written does not matter.
  public static func == (one: Quantity, other: Quantity) -> Bool { one.nanos == other.nanos }

  /// Compares amounts.
  public static func < (one: Quantity, other: Quantity) -> Bool { one.nanos < other.nanos }

  /// Hashes the amount only.
  public func hash(into hasher: inout Hasher) { hasher.combine(nanos) }
}

/// Why a text is no quantity, or an amount none that can be held.
public enum QuantityError: Error, Equatable, CustomStringConvertible {
  /// No number of the grammar `<sign><digits>.<digits><suffix>`.
  case malformed
  /// A suffix that is none of Kubernetes'.
  case unknownSuffix(String)
  /// More than 38 significant digits: more than can be kept exactly.
  case tooManyDigits
  /// Beyond ±(2^63-1).
  case overflow

  /// The reason in words.
  public var description: String {
    switch self {
    case .malformed: "expected a number such as 1, 0.5, 500m, 64Mi or 1e3"
    case .unknownSuffix(let suffix):
      "unknown suffix \(suffix); known are n u m k M G T P E, Ki Mi Gi Ti Pi Ei, and exponents such as e3"
    case .tooManyDigits: "more than 38 significant digits"
    case .overflow: "beyond 2^63-1"
    }
  }
}
