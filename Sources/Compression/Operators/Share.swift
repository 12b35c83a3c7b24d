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
    case .fraction(let fraction): "\(percentage(fraction))%"
    }
  }
}

/// The percentage whose hundredth is the share, as few digits as say that.
private func percentage(_ share: Double) -> String {
  let percent = share * 100
  // The product may have moved by the last bit.
  let candidates = [shortest(percent)] + [percent, percent.nextUp, percent.nextDown].map(plain)
  return candidates.first { Double($0).map { $0 / 100 } == share } ?? plain(percent)
}

/// A number without a trailing ".0", to twelve digits where these are all, so that 0.07 · 100 reads 7.
func shortest(_ value: Double) -> String {
  plain(Double(String(format: "%.11e", value)) ?? value)
}

private func plain(_ value: Double) -> String {
  let text = "\(value)"
  return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}
