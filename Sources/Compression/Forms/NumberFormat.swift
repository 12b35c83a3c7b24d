/// How the numbers of a sparse or low-rank form are stored.
public enum NumberFormat: Sendable, Equatable {
  /// 32 bits each.
  case float32
  /// IEEE half precision, 16 bits each.
  case float16
  /// One of these values, ascending: ⌈log₂K⌉ bits each and 32·K for the values.
  case codebook([Float])

  /// The bits that `count` numbers take, those of a codebook included.
  public func bits(_ count: Int) -> Int {
    switch self {
    case .float32: 32 * count
    case .float16: 16 * count
    case .codebook(let values): bitsToTellApart(values.count) * count + 32 * values.count
    }
  }

  /// The nearest number that the format can hold; beyond the range of half precision its limit.
  public func rounded(_ value: Float) -> Float {
    switch self {
    case .float32: value
    case .float16: Self.half(value)
    case .codebook(let values): values[code(of: value, in: values)]
    }
  }

  /// The same for many. O(n), O(n·log K) with a codebook.
  public func rounded(_ values: [Float]) -> [Float] {
    switch self {
    case .float32: values
    case .float16: values.map(Self.half)
    case .codebook(let entries): values.map { entries[code(of: $0, in: entries)] }
    }
  }

  /// Whether the numbers are finite and need no rounding.
  func holds(_ values: [Float]) -> Bool {
    if case .codebook(let entries) = self {
      guard (1...65_536).contains(entries.count), entries.isFinite,
        zip(entries, entries.dropFirst()).allSatisfy({ $0 <= $1 })
      else { return false }
    }
    return values.isFinite && (self == .float32 || rounded(values) == values)
  }

  private static func half(_ value: Float) -> Float {
    Float(Float16(max(-65_504, min(65_504, value))))
  }
}

/// The place of the entry nearest to a value, the lower one among equals; `entries` ascend. O(log K).
package func code(of value: Float, in entries: [Float]) -> Int {
  var low = 0
  var high = entries.count - 1
  while low < high {
    let middle = (low + high) / 2
    if value > midpoint(entries[middle], entries[middle + 1]) {
      low = middle + 1
    } else {
      high = middle
    }
  }
  return low
}
