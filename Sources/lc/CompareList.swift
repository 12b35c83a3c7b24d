import ArgumentParser
import LearningCompression

/// What a run is compared with: `retrain,straight-through,reference`.
struct CompareList: ExpressibleByArgument {
  /// The network without compression, trained as much longer.
  static let reference = "reference"

  /// Methods, or `reference`, each once.
  let names: [String]

  init?(argument: String) {
    names = argument.split(separator: ",", omittingEmptySubsequences: false)
      .map { $0.trimmingCharacters(in: .whitespaces) }
    let all = Set(Self.allValueStrings)
    guard names.allSatisfy(all.contains), Set(names).count == names.count else { return nil }
  }

  static var allValueStrings: [String] {
    Method.allCases.filter { $0 != .direct && $0 != .partial && $0 != .proximal }.map(\.rawValue)
      + [reference]
  }
}
