import Foundation

/// How many of n weights: a count, or a share of them.
public enum Share: Sendable, Equatable, CustomStringConvertible {
  /// So many.
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

  /// As it is written in a plan: a count, or a percentage of as few digits as tell the share
  /// exactly.
  public var description: String {
    switch self {
    case .count(let count): "\(count)"
    case .fraction(let fraction): "\(percentage(fraction))%"
    }
  }
}

/// The percentage whose hundredth is the share, as few digits as say that.
private func percentage(_ share: Double) -> String {
  let percent = share * 100
  // The product may have moved by the last bit.
  let rounded = Double(String(format: "%.11e", percent)) ?? percent
  let candidates = [rounded, percent, percent.nextUp, percent.nextDown].map(shortest)
  return candidates.first { Double($0).map { $0 / 100 } == share } ?? shortest(percent)
}

/// A number as few digits say it, without a trailing ".0".
func shortest(_ value: Double) -> String {
  let text = "\(value)"
  return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}
