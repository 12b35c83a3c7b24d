import Compression
import Datasets
import LinearAlgebra
import ModelFiles
import NeuralNetwork

/// A fully connected network that multiplies by its weights in their compressed form.
///
/// A weight matrix is never formed: codes stay packed and are looked up some rows at a time, sparse
/// entries and low-rank factors multiply as they are, a sum part by part.
public struct CompressedNetwork: Sendable {
  private struct Stage: Sendable {
    let weight: any WeightMatrix
    let bias: [Float]
    let inputs: Int
    let outputs: Int
    var activation: Layer?
  }

  /// The network whose layers are run.
  public let definition: NetworkDefinition
  private var stages: [Stage] = []

  /// Takes the weights of a model as they are stored.
  ///
  /// - Throws: `NeuralNetworkError.invalidNetwork` for layers of other kinds, `.wrongWeights` when the
  ///   model is not the network's.
  public init(_ definition: NetworkDefinition, _ model: CompressedModel) throws {
    self.definition = definition
    func refuse(_ layer: Layer) -> NeuralNetworkError {
      .invalidNetwork(
        network: definition.name, layer: nil,
        message: "only fully connected layers multiply in compressed form, found \(layer)")
    }
    for layer in definition.layers {
      switch layer {
      case .linear, .tanh, .relu: break
      default: throw refuse(layer)
      }
    }
    let tensors = try Tensors(model, of: definition)
    var width = definition.inputCount
    for layer in definition.layers {
      if case .linear(let name, let outputs, let hasBias) = layer {
        let bias =
          hasBias
          ? try tensors.vector("\(name).bias", count: outputs)
          : [Float](repeating: 0, count: outputs)
        stages.append(
          Stage(
            weight: try tensors.matrix("\(name).weight", rows: outputs, columns: width), bias: bias,
            inputs: width,
            outputs: outputs, activation: nil))
        width = outputs
      } else if layer == .tanh || layer == .relu, !stages.isEmpty {
        stages[stages.count - 1].activation = layer
      } else {
        throw refuse(layer)
      }
    }
  }

  /// The bytes that hold weights and biases.
  public var weightBytes: Int { stages.reduce(0) { $0 + $1.weight.byteCount + 4 * $1.bias.count } }

  /// The scores [batch, classes] of inputs [batch, inputs].
  public func scores(_ inputs: [Float]) -> [Float] {
    stages.reduce(inputs) { x, stage in
      let batch = x.count / max(1, stage.inputs)
      var y: [Float] = []
      y.reserveCapacity(batch * stage.outputs)
      for _ in 0..<batch { y += stage.bias }
      stage.weight.addProduct(of: x, into: &y)
      if stage.activation == .tanh {
        applyTanh(&y)
      } else if stage.activation == .relu {
        for index in y.indices { y[index] = max(y[index], 0) }
      }
      return y
    }
  }

  /// The loss and error on some images.
  public func evaluate(_ images: ImageSet, normalisation: Normalisation) -> Evaluation {
    var loss = 0.0
    var wrong = 0
    let order = EpochOrder(count: images.count)
    for start in stride(from: 0, to: images.count, by: 1000) {
      let indices = order.indices[start..<min(start + 1000, images.count)]
      var pixels = [Float](repeating: 0, count: indices.count * images.pixelsPerImage)
      var labels = [Int32](repeating: 0, count: indices.count)
      var pixelSpan = pixels.mutableSpan
      var labelSpan = labels.mutableSpan
      images.gather(indices, normalisation: normalisation, into: &pixelSpan, labels: &labelSpan)
      let result = crossEntropy(
        of: scores(pixels), labels: labels, classes: definition.outputCount)
      loss += result.loss
      wrong += result.wrong
    }
    return Evaluation(loss: loss, wrong: wrong, count: images.count)
  }
}
