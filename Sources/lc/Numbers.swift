import ArgumentParser
import LinearAlgebra

extension Option {
  /// A whole number, `1000` or `1e+3`.
  init(wrappedValue: Value, whole help: String) where Value: FixedWidthInteger {
    self.init(
      wrappedValue: wrappedValue, parsing: .unconditional,
      help: "\(help) (default: \(wrappedValue))", transform: number)
  }

  /// The same, which need not be given.
  init<Number: FixedWidthInteger>(whole help: String) where Value == Number? {
    self.init(parsing: .unconditional, help: "\(help)", transform: number)
  }
}

private func number<Number: FixedWidthInteger>(_ text: String) throws -> Number {
  guard let number = Number(decimal: text) else {
    throw ValidationError("a whole number was expected")
  }
  return number
}

/// Some epochs, such as `2,4`.
struct Epochs: ExpressibleByArgument {
  let numbers: [Int]

  init?(argument: String) {
    // `2, 4` comes as two words.
    let words = argument.split(separator: ",")
    numbers = words.compactMap { Int(decimal: $0) }
    if words.isEmpty || numbers.count < words.count { return nil }
  }
}

extension [Epochs] {
  /// - Throws: `ValidationError` for milestones at which nothing is left of so many epochs.
  func check(within epochs: Double) throws {
    if let late = flatMap(\.numbers).first(where: { Double($0) >= epochs }) {
      throw ValidationError(
        "--milestones must be before the end, after \(epochs.formatted()) epochs, found \(late)")
    }
  }
}

extension StringProtocol {
  /// `10steps` as `10` and `steps`.
  var numberAndUnit: (number: SubSequence, unit: SubSequence) {
    let end = lastIndex { !($0.isASCII && $0.isLetter) }.map { index(after: $0) } ?? startIndex
    return (self[..<end], self[end...])
  }
}
