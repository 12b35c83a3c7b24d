import LinearAlgebra

/// The precision in which an operator stores numbers.
public enum StoredNumbers: Sendable, Equatable {
  /// 32 bits each, as they are.
  case float32
  /// IEEE half precision.
  case float16
  /// K values that are learnt from the numbers (k-means).
  case levels(Int)

  /// - Throws: `CompressionError.invalidParameter` unless 1 ≤ K ≤ 65,536.
  func validate(_ `operator`: String) throws {
    if case .levels(let count) = self, !(1...65_536).contains(count) {
      throw CompressionError.invalidParameter(
        operator: `operator`, parameter: "k", value: "\(count)", expected: "from 1 to 65536")
    }
  }

  /// The format for these numbers. O(n); with K values that of k-means.
  ///
  /// - Throws: `CompressionError.outOfRange` where the largest does not fit half precision, or all would
  ///   be denormal there, without most of their digits.
  func format(for numbers: [Float]) throws -> NumberFormat {
    switch self {
    case .float32: return .float32
    case .float16:
      let largest = numbers.reduce(0) { max($0, abs($1)) }
      guard largest == 0 || (0x1p-14..<65_520).contains(largest) else {
        throw CompressionError.outOfRange(
          operator: "bits=16",
          problem:
            "numbers of up to \(largest) do not fit half precision, which has 6.1e-05 to 65504; "
            + "use 32 bits")
      }
      return .float16
    case .levels(let count):
      return .codebook(
        numbers.isEmpty ? [0] : SortedWeights(numbers).bestEntries(min(count, numbers.count)))
    }
  }

  /// Whether `format` may return that one.
  func allows(_ format: NumberFormat) -> Bool {
    switch (self, format) {
    case (.float32, .float32), (.float16, .float16): true
    case (.levels(let count), .codebook(let entries)): entries.count <= count
    default: false
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
