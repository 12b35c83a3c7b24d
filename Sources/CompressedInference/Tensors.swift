import Compression
import LinearAlgebra
import ModelFiles
import NeuralNetwork

/// The tensors of a compressed model by name, each in its form.
struct Tensors {
  private enum Content {
    case compressed(CompressedForm, Range<Int>)
    case plain([Float])
  }

  private let network: String
  private var contents: [ExactName: (shape: [Int], content: Content)] = [:]

  /// - Throws: `NeuralNetworkError.wrongWeights` when a tensor is not one of the network's, or not
  ///   finite.
  init(_ model: CompressedModel, of definition: NetworkDefinition) throws {
    network = definition.name
    let layout = try definition.layout()
    for part in model.parts {
      var start = 0
      for tensor in part.tensors {
        let range = start..<start + tensor.count
        contents[ExactName(tensor.name)] = (tensor.shape, .compressed(part.form, range))
        start = range.upperBound
      }
    }
    for tensor in model.plain {
      let name = tensor.shape.name
      guard let values = tensor.floats, values.isFinite else {
        throw NeuralNetworkError.wrongWeights(
          tensor: name, expected: "finite numbers",
          found: tensor.floats == nil ? tensor.shape.dtype.rawValue : "NaN or infinity")
      }
      contents[ExactName(name)] = (tensor.shape.shape, .plain(values))
    }
    if let stranger = contents.keys.sorted().first(where: { layout[$0.text] == nil }) {
      throw NeuralNetworkError.wrongWeights(
        tensor: stranger.text, expected: "only the tensors of network '\(network)'",
        found: "this one")
    }
  }

  /// A weight matrix, ready to multiply.
  ///
  /// - Throws: `NeuralNetworkError.wrongWeights` when it is not there or has another shape.
  func matrix(_ name: String, rows: Int, columns: Int) throws -> any WeightMatrix {
    switch try content(name, shape: [rows, columns]) {
    case .plain(let values): DenseMatrix(values, rows: rows, columns: columns)
    case .compressed(let form, let range):
      try weightMatrix(of: form, range: range, rows: rows, columns: columns)
    }
  }

  /// The numbers of a bias, which is added and not multiplied by.
  func vector(_ name: String, count: Int) throws -> [Float] {
    switch try content(name, shape: [count]) {
    case .plain(let values): values
    case .compressed(let form, let range): Array(form.decompressed()[range])
    }
  }

  private func content(_ name: String, shape: [Int]) throws -> Content {
    guard let found = contents[ExactName(name)], found.shape == shape else {
      throw NeuralNetworkError.wrongWeights(
        tensor: name, expected: "shape \(shape) for network '\(network)'",
        found: contents[ExactName(name)].map { "shape \($0.shape)" } ?? "no such tensor")
    }
    return found.content
  }
}
