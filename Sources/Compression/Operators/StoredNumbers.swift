import LinearAlgebra

/// The precision in which an operator stores numbers.
public enum StoredNumbers: Sendable, Equatable {
  case float32
  /// IEEE half precision.
  case float16
  /// K values that are learnt from the numbers (k-means).
  case levels(Int)

  /// - Throws: `CompressionError.invalidParameter` unless 1 ≤ K ≤ 65,536.
  func validate(_ operation: String) throws {
    if case .levels(let count) = self, !(1...65_536).contains(count) {
      throw CompressionError.invalidParameter(
        operation: operation, parameter: "k", value: "\(count)", expected: "from 1 to 65536")
    }
  }

  /// The format for these numbers. O(1); with K values that of k-means.
  func format(for numbers: [Float]) -> NumberFormat {
    switch self {
    case .float32: .float32
    case .float16: .float16
    case .levels(let count):
      .codebook(
        numbers.isEmpty ? [0] : SortedWeights(numbers).bestEntries(min(count, numbers.count)))
    }
  }

  /// As an operator's arguments say it.
  var arguments: [String] {
    switch self {
    case .float32: []
    case .float16: ["bits=16"]
    case .levels(let count): ["k=\(count)"]
    }
  }
}
