/// How many of n weights: a count, or a share of them.
public enum Share: Sendable, Equatable, CustomStringConvertible {
  case count(Int)
  /// From 0 to 1.
  case fraction(Double)

  /// The number of weights out of `total`; a share is rounded, but to 1 at least.
  public func of(_ total: Int) -> Int {
    switch self {
    case .count(let count): count
    case .fraction(let fraction): max(1, Int((fraction * Double(total)).rounded()))
    }
  }

  public var description: String {
    switch self {
    case .count(let count): "\(count)"
    case .fraction(let fraction): "\(shortest(fraction * 100))%"
    }
  }
}

/// A number without a trailing ".0", to twelve digits, so that 0.07 · 100 reads 7.
func shortest(_ value: Double) -> String {
  let magnitude = value == 0 ? 1 : 1e12
  let rounded = (value * magnitude).rounded() / magnitude
  let text = "\(rounded)"
  return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}
