import Foundation

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

/// A number without a trailing ".0", to twelve digits, so that 0.07 · 100 reads 7; as a plan can say it,
/// where a '+' begins another operator.
func shortest(_ value: Double) -> String {
  let rounded = Double(String(format: "%.11e", value)) ?? value
  let text = "\(rounded)".replacing("e+", with: "e")
  return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}
