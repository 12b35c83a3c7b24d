import Datasets
import LinearAlgebra

/// Where the time of a learning step goes.
package struct Profile: Sendable, Codable {
  /// What an operation does.
  package enum Kind: String, Sendable, Codable, CaseIterable {
    case convolution, linear
    case batchNorm = "batch norm"
    case pooling
    case other
  }

  /// One operation, in the order of the forward pass.
  package struct Entry: Sendable, Codable {
    package let name: String
    package let kind: Kind
    /// Seconds of the forward and the backward pass, the least of the repetitions.
    package var forward: Double
    package var backward: Double
    /// Floating-point operations of both; 0 where memory is all that counts. A convolution's count
    /// includes the zeros around the images.
    package let forwardWork: Double
    package let backwardWork: Double
  }

  package var entries: [Entry]

  /// The sums over each kind of operation that occurs.
  package var byKind: [Entry] {
    Kind.allCases.compactMap { kind in
      let members = entries.filter { $0.kind == kind }
      return members.isEmpty ? nil : Self.sum(members, named: kind.rawValue, kind)
    }
  }

  package var total: Entry { Self.sum(entries, named: "together", .other) }

  private static func sum(_ entries: [Entry], named name: String, _ kind: Kind) -> Entry {
    func sum(_ value: (Entry) -> Double) -> Double { entries.reduce(0) { $0 + value($1) } }
    return Entry(
      name: name, kind: kind, forward: sum(\.forward), backward: sum(\.backward),
      forwardWork: sum(\.forwardWork), backwardWork: sum(\.backwardWork))
  }
}

extension Network {
  /// Profiles a network with random weights on the first training images.
  ///
  /// - Returns: the profile and the precision that it was computed in: the wanted one where the
  ///   processor knows it, even where it is slower.
  /// - Throws: `NeuralNetworkError`.
  package static func profile(
    _ definition: NetworkDefinition, on data: Dataset, batch: Int, precision: Precision,
    repetitions: Int
  ) throws -> (Profile, Precision) {
    try definition.check(fits: data)
    guard (1...data.training.count).contains(batch) else {
      throw NeuralNetworkError.invalidOption(
        option: "batch size", value: "\(batch)",
        expected: "from 1 to the \(data.training.count) training images")
    }
    let layout = try definition.layout()
    let weights = Arena(layout)
    var random = RandomGenerator(seed: 0)
    Initialisation.usual(for: definition).fill(weights, using: &random)
    let network = try Network(
      definition, batch: batch, weights: weights, gradients: Arena(layout), precision: precision)
    let order = EpochOrder(count: data.training.count)
    network.fill(
      with: order.indices[..<batch], of: data.training, normalisation: data.normalisation)
    return (try network.profile(repetitions: repetitions), network.precision)
  }

  /// Times each operation of learning steps apart, after one step that is not counted.
  package func profile(repetitions: Int) throws -> Profile {
    var entries = operations.map {
      Profile.Entry(
        name: $0.name, kind: $0.kind, forward: .infinity, backward: .infinity,
        forwardWork: $0.work, backwardWork: $0.backwardWork)
    }
    _ = try learn()
    try Threads.using(threads) {
      for _ in 0..<max(1, repetitions) {
        try prepare()
        for (index, operation) in operations.enumerated() {
          let took = try seconds { try operation.forward(training: true) }
          entries[index].forward = min(entries[index].forward, took)
        }
        _ = loss()
        for (index, operation) in operations.enumerated().reversed() {
          let took = try seconds { try operation.backward() }
          entries[index].backward = min(entries[index].backward, took)
        }
      }
    }
    return Profile(entries: entries)
  }
}

/// What the machine can do at most.
package enum MachinePeak {
  /// Floating-point operations a second, in 32 bits on all threads, of a product of two matrices of
  /// 2048 × 2048: the best of seven.
  package static func float32() throws -> Double {
    let side = 2048
    let matrices = (0..<3).map { _ in Buffer(Float.self, count: side * side) }
    let pointers = matrices.map { $0.bound(to: Float.self) }
    let product = try MatrixProduct.compile(
      "a large product", on: Engine(), .init(buffer: pointers[0]), .init(buffer: pointers[1]),
      into: pointers[2], rows: side, inner: side, columns: side)
    var least = Double.infinity
    for _ in 0..<7 { least = min(least, try seconds { try product.run() }) }
    // The buffers must live until here.
    return withExtendedLifetime(matrices) { 2 * Double(side * side) * Double(side) / least }
  }
}

private func seconds(_ body: () throws -> Void) rethrows -> Double {
  let start = ContinuousClock.now
  try body()
  let elapsed = (ContinuousClock.now - start).components
  return Double(elapsed.seconds) + Double(elapsed.attoseconds) * 1e-18
}
