import LinearAlgebra

/// The weights that an operator is tried on.
enum SampleWeights: String, CaseIterable {
  case normal, fewValues, constant, zero, heavyTails, tiny, large

  func values(_ count: Int, using random: inout RandomGenerator) -> [Float] {
    (0..<count).map { _ in
      let normal = random.normal()
      return switch self {
      case .normal: normal
      case .fewValues: normal.rounded()
      case .constant: -2.5
      case .zero: 0
      case .heavyTails: normal / (abs(random.normal()) + 0.05)
      case .tiny: normal * 0x1p-40
      case .large: normal * 0x1p40
      }
    }
  }
}
