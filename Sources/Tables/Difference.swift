import Algorithms
import Foundation
import LearningCompression

/// By how many points of test error a method differs from another, at the same plan, budget and seeds; less
/// than nothing where it is better.
package struct Difference: Sendable, Equatable, Codable {
  package let network: String
  package let budget: Double?
  package let plan: String
  package let swept: String?
  package let method: Method
  package let other: Method
  /// Over the seeds that both have.
  package let mean: Double
  /// The standard error of the mean over seeds; none of one seed.
  package let seedError: Double?
  /// The standard error of the mean over the test images, each with itself; none where it is not known which
  /// are wrong.
  package let imageError: Double?

  /// Of both: where seeds and images matter together, it is the larger for it.
  package var error: Double? {
    switch (seedError, imageError) {
    case (nil, nil): nil
    case (let seed, let image): hypot(seed ?? 0, image ?? 0)
    }
  }

  /// Whether it is of the same line.
  func isBeside(_ other: Difference) -> Bool {
    network == other.network && budget == other.budget && plan == other.plan
      && swept == other.swept
  }

  /// Whether the method is better by more than two standard errors; not where it is not known how large these are.
  var isClear: Bool { error.map { $0 > 0 && mean < -2 * $0 } ?? false }

  /// What is compared.
  var title: String { "\(method.rawValue) − \(other.rawValue)" }

  /// Such as `−0.31 ± 0.12`.
  var text: String {
    (mean < 0 ? "−" : "+") + String(format: "%.2f", abs(mean))
      + (error.map { String(format: " ± %.2f", $0) } ?? "")
  }

  /// - Parameter pairs: the results of both methods, a pair a seed, and something to say which.
  /// - Returns: nil where there are none.
  init?(
    _ row: ResultRow, against other: ResultRow, _ pairs: [(own: CellResult, other: CellResult)]
  ) {
    let differences = pairs.compactMap { pair -> Double? in
      guard let own = pair.own.final.testErrorPercent,
        let other = pair.other.final.testErrorPercent
      else { return nil }
      return own - other
    }
    guard differences.count == pairs.count, let spread = Spread(differences) else { return nil }
    network = row.network
    budget = row.budget
    plan = row.plan
    swept = row.swept
    method = row.method
    self.other = other.method
    mean = spread.mean
    seedError = spread.deviation.map { $0 / Double(differences.count).squareRoot() }
    imageError = Self.imageError(pairs)
  }

  private static func imageError(_ pairs: [(own: CellResult, other: CellResult)]) -> Double? {
    let mistakes = pairs.compactMap { pair -> (Data, Data)? in
      guard let own = pair.own.finalMistakes, let other = pair.other.finalMistakes,
        own.count == other.count
      else { return nil }
      return (own, other)
    }
    guard mistakes.count == pairs.count, let bytes = mistakes.first?.0.count,
      mistakes.allSatisfy({ $0.0.count == bytes })
    else { return nil }
    // The last byte's spare bits are images that both get right.
    let spread = Spread(
      (0..<8 * bytes).map { image in
        func isWrong(_ bits: Data) -> Double {
          Double(bits[bits.startIndex + image / 8] >> UInt8(image % 8) & 1)
        }
        return mistakes.reduce(0) { $0 + isWrong($1.0) - isWrong($1.1) } / Double(pairs.count)
      })
    return spread?.deviation.map { 100 * $0 / Double(8 * bytes).squareRoot() }
  }
}

extension ResultTable {
  /// Of the package's own methods against each other one, a line for each network, budget and plan.
  static func differences(
    _ rows: [ResultRow], _ results: [[UInt64: CellResult]]
  ) -> [Difference] {
    let own: [Method] = [.auto, .lc]
    return own.enumerated().flatMap { place, method in
      rows.indices.filter { rows[$0].method == method }.flatMap { index in
        rows.indices.compactMap { other -> Difference? in
          guard !own.prefix(place + 1).contains(rows[other].method),
            rows[index].isBeside(rows[other])
          else { return nil }
          return Difference(
            rows[index], against: rows[other],
            results[index].sorted { $0.key < $1.key }.compactMap { seed, result in
              results[other][seed].map { (result, $0) }
            })
        }
      }
    }
  }
}

extension ResultRow {
  /// Whether it differs in the method alone.
  fileprivate func isBeside(_ other: ResultRow) -> Bool {
    network == other.network && budget == other.budget && plan == other.plan
      && swept == other.swept
  }
}
