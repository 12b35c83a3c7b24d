import Compression
import NeuralNetwork

/// Which weights of a hidden unit carry the penalty.
public enum PartialSides: String, Sendable, CaseIterable, Codable {
  /// Its row of the layer's own weight.
  case incoming
  /// Its columns of the next layer's weight.
  case outgoing
  /// Its row and its columns.
  case both
}

extension CompressionPlan {
  /// A penalty on a share of each hidden layer's units; with a share of 100 % and both sides it is full
  /// regularisation. In residual networks the units inside of blocks are taken, not the stream's.
  ///
  /// - Throws: `CompressionError.invalidParameter`; `LearningCompressionError.invalidOption` for a
  ///   network without hidden units.
  public static func partial(
    for definition: NetworkDefinition, strength: Double, share: Share = .fraction(0.5),
    sides: PartialSides = .incoming, single: Double = 0,
    step: PartialRegularisation.Step = .proximal
  ) throws -> CompressionPlan {
    let hidden = try definition.hiddenUnits()
    guard !hidden.isEmpty else {
      throw LearningCompressionError.invalidOption(
        option: "the network of partial regularisation", value: definition.name,
        expected: "one with hidden units")
    }
    let tasks = try definition.layout().slots.compactMap { slot -> CompressionTask? in
      let writes = hidden.contains { $0.writer == slot.name } && sides != .outgoing
      let read = sides == .incoming ? nil : hidden.first { $0.reader == slot.name }
      guard writes || read != nil else { return nil }
      return CompressionTask(
        .each(slot.name),
        try PartialRegularisation(
          strength: strength, rows: writes ? share : nil, columns: read == nil ? nil : share,
          width: read?.width ?? 1, single: single, step: step))
    }
    return CompressionPlan(tasks)
  }
}
