import LinearAlgebra

/// How many singular values of a layer's weight matrix are kept.
public enum RankRule: Sendable, Equatable {
  /// Those above rounding, ε·(√m + √n)·s₁ of an m × n matrix: the scores stay the same.
  case numerical
  /// The fewest whose sum is this share of the sum of all; the scores change.
  ///
  /// - Source: Alvarez & Salzmann, "Compression-aware training of deep networks", NIPS 2017.
  case energy(Double)

  /// - Parameter singularValues: descending, of a matrix of that size.
  func rank(of singularValues: [Float], rows: Int, columns: Int) -> Int {
    switch self {
    case .numerical:
      let size = Float(rows).squareRoot() + Float(columns).squareRoot()
      let limit = Float.ulpOfOne * size * (singularValues.first ?? 0)
      return singularValues.prefix { $0 > limit }.count
    case .energy(let share):
      let wanted = share * singularValues.reduce(0) { $0 + Double($1) }
      var sum = 0.0
      for (index, value) in singularValues.enumerated() {
        if sum >= wanted { return index }
        sum += Double(value)
      }
      return singularValues.prefix { $0 > 0 }.count
    }
  }
}

extension TrainedNetwork {
  /// Layers of low rank as two layers: where the matrix W [m, n] of a layer (n = inputs · kernel²) has a
  /// rank r with r·(m + n) < m·n, W = U·diag(s)·Vᵀ becomes `NAME.0` with the weights √s·Vᵀ, r outputs
  /// and no bias, and `NAME.1` with the weights U·√s and the bias. A convolution's first layer has its
  /// kernel, stride and padding; its second one is 1 × 1. Convolutions of several groups stay.
  ///
  /// - Returns: the network and the rank of every layer that was split, by its name.
  /// - Complexity: a singular value decomposition of each layer, O(m·n·min(m, n)).
  /// - Throws: `NeuralNetworkError.invalidOption` when a share is not above 0 and at most 1;
  ///   `LinearAlgebraError` when LAPACK fails.
  public func factorised(_ rule: RankRule) throws -> (network: TrainedNetwork, ranks: [String: Int])
  {
    if case .energy(let share) = rule, !(share > 0 && share <= 1) {
      throw NeuralNetworkError.invalidOption(
        option: "the energy", value: "\(share)", expected: "above 0 and at most 1")
    }
    var tensors: [String: [Float]] = [:]
    for arena in [weights, statistics] {
      for slot in arena.layout.slots { tensors[slot.name] = arena.values(of: slot) }
    }
    var ranks: [String: Int] = [:]
    func split(_ name: String) throws -> Int? {
      guard let slot = weights.layout["\(name).weight"], let values = tensors[slot.name],
        let m = slot.shape.first
      else { return nil }
      let n = slot.shape.dropFirst().reduce(1, *)
      let svd = try SingularValueDecomposition(of: Matrix(rows: m, columns: n, values: values))
      let r = rule.rank(of: svd.singularValues, rows: m, columns: n)
      guard r > 0, r * (m + n) < m * n else { return nil }
      let roots = svd.singularValues.prefix(r).map { $0.squareRoot() }
      tensors["\(name).0.weight"] = roots.enumerated().flatMap { row, root in
        (0..<n).map { root * svd.rightTransposed[row, $0] }
      }
      tensors["\(name).1.weight"] = (0..<m).flatMap { row in
        roots.enumerated().map { $1 * svd.left[row, $0] }
      }
      tensors["\(name).1.bias"] = tensors["\(name).bias"]
      ranks[name] = r
      return r
    }
    let layers = try definition.layers.rewritten { layer, name -> [Layer] in
      switch layer {
      case .linear(let title, let outputs, let bias):
        guard let r = try split(name) else { return [layer] }
        return [
          .linear(name: "\(title).0", outputs: r, bias: false),
          .linear(name: "\(title).1", outputs: outputs, bias: bias),
        ]
      case .convolution(
        let title, let channels, let kernel, let stride, let padding, 1, let bias):
        guard let r = try split(name) else { return [layer] }
        return [
          .convolution(
            "\(title).0", r, kernel: kernel, stride: stride, padding: padding, bias: false),
          .convolution("\(title).1", channels, kernel: 1, bias: bias),
        ]
      default: return [layer]
      }
    }
    let smaller = try NetworkDefinition(
      name: definition.name, input: definition.input, layers: layers)
    return (try TrainedNetwork(smaller, tensors: tensors, normalisation: normalisation), ranks)
  }
}
