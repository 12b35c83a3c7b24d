import LearningCompression

extension Period {
  /// `10`, or `10,100,1epoch`.
  static func list(_ argument: String) -> [Period]? {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
      .map { Period(argument: $0.trimmingCharacters(in: .whitespaces)) }
    return parts.contains { $0 == nil } ? nil : parts.compactMap { $0 }
  }

  /// `10`, `10batches`, `1batch`, `2epochs`, `1epoch`.
  init?(argument: String) {
    let (number, unit) = argument.numberAndUnit
    guard let count = Int(decimal: number), count > 0 else { return nil }
    switch unit {
    case "", "batch", "batches": self = .batches(count)
    case "epoch", "epochs": self = .epochs(count)
    default: return nil
    }
  }
}
