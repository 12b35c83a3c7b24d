import Compression
import LearningCompression
import LinearAlgebra

/// A plan with variables that a budget determines: {k} levels, {keep} a share of weights, {rank} a share of
/// the full rank. `{rank:40%}` may use 40 % of the bits that the variables share; the last one takes
/// what is left.
package struct PlanTemplate: Sendable {
  package struct Variable: Sendable, Equatable, CustomStringConvertible {
    package enum Kind: String, Sendable { case k, keep, rank }
    package let kind: Kind
    /// Of the bits that are not taken by what is fixed.
    package let share: Double

    package var description: String { "{\(kind.rawValue)}" }

    /// From the fewest bits to the most, as they stand in a plan.
    var values: [String] {
      switch kind {
      case .k: (2...256).map { "\($0)" }
      case .keep: Self.shares(from: 0.0002, factor: 1.02)
      case .rank: Self.shares(from: 0.002, factor: 1.02)
      }
    }

    /// Percentages of three digits, growing by a factor to 100 %.
    private static func shares(from least: Double, factor: Double) -> [String] {
      var texts: [String] = []
      var share = least
      while share < 1 {
        let text = percent(share)
        if texts.last != text { texts.append(text) }
        share *= factor
      }
      return texts + ["100%"]
    }
  }

  struct Problem: Error { let message: String }

  package let name: String
  package let line: Int
  package let variables: [Variable]
  /// The methods of the grid that the plan is for, with the options that replace theirs; all as they are
  /// where there are none.
  package let methods: [GridRecipe.Way]?
  /// What stands before, between and after the variables.
  private let pieces: [String]

  init(name: String, text: String, methods: [GridRecipe.Way]? = nil, line: Int) throws {
    self.methods = methods
    self.name = name
    self.line = line
    var pieces = [""]
    var variables: [Variable] = []
    var rest = text[...]
    while let open = Self.firstBrace(in: rest) {
      guard let close = rest[open...].firstIndex(of: "}") else {
        throw Problem(message: "'{' without '}' in the plan '\(name)'")
      }
      pieces[pieces.count - 1] += rest[..<open]
      let words = rest[rest.index(after: open)..<close].split(separator: ":")
      var share = 0.5
      if words.count == 2 {
        guard words[1].hasSuffix("%"), let percent = Double(words[1].dropLast()), percent > 0,
          percent < 100
        else { throw Problem(message: "a share such as 40% was expected, found '\(words[1])'") }
        share = percent / 100
      }
      guard (1...2).contains(words.count), let kind = Variable.Kind(rawValue: String(words[0]))
      else {
        throw Problem(
          message: "the variables are {k}, {keep} and {rank}, found '\(rest[open...close])'")
      }
      variables.append(Variable(kind: kind, share: share))
      pieces.append("")
      rest = rest[rest.index(after: close)...]
    }
    pieces[pieces.count - 1] += rest
    self.variables = variables
    self.pieces = pieces
  }

  /// The first `{` outside of quotes, in which names may hold some.
  private static func firstBrace(in text: Substring) -> Substring.Index? {
    var quote: Unicode.Scalar?
    for (index, scalar) in zip(text.unicodeScalars.indices, text.unicodeScalars) {
      if scalar == "{", quote == nil { return index }
      if scalar == quote {
        quote = nil
      } else if quote == nil, scalar == "'" || scalar == "\"" {
        quote = scalar
      }
    }
    return nil
  }

  /// The plan with values for the variables.
  func text(_ values: [String]) -> String {
    zip(pieces, values + [""]).reduce("") { $0 + $1.0 + $1.1 }
  }

  /// The plan with the fewest bits.
  package var least: String { text(variables.compactMap(\.values.first)) }

  /// The plan of that ratio at least, with the largest values that fit, one variable after the other.
  ///
  /// - Returns: none when even the fewest bits are too many.
  /// - Throws: `CompressionError` when the plan is none or does not fit the parameters.
  package func plan(for layout: ArenaLayout, ratio: Double) throws -> String? {
    func bits(_ values: [String]) throws -> (bits: Int, reference: Int) {
      try storageBits(of: CompressionPlan(parsing: text(values)), for: layout)
    }
    let grids = variables.map(\.values)
    var chosen = grids.compactMap(\.first)
    let (fewest, reference) = try bits(chosen)
    let limit = Double(reference) / ratio
    guard Double(fewest) <= limit else { return nil }
    for (index, variable) in variables.enumerated() {
      let isLast = index == variables.count - 1
      let now = Double(try bits(chosen).bits)
      let own = isLast ? limit : now + variable.share * (limit - now)
      // The last value whose bits fit; bits grow with the values.
      var (low, high) = (0, grids[index].count - 1)
      while low < high {
        let middle = (low + high + 1) / 2
        var trial = chosen
        trial[index] = grids[index][middle]
        let fits = (try? bits(trial).bits).map { Double($0) <= own } ?? false
        if fits { low = middle } else { high = middle - 1 }
      }
      chosen[index] = grids[index][low]
    }
    return text(chosen)
  }
}

/// Three digits of a percentage: `1.23%`.
func percent(_ share: Double) -> String {
  let value = share * 100
  let digits = value < 1 ? 1000.0 : value < 10 ? 100.0 : 10.0
  let rounded = (value * digits).rounded() / digits
  return rounded == rounded.rounded() ? "\(Int(rounded))%" : "\(rounded)%"
}
