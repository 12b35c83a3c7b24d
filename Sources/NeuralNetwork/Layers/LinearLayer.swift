import COneDNN
import LinearAlgebra

/// A linear layer and the activation that follows it, compiled for one batch size:
/// y = f(x·Wᵀ + b), x [batch, in], W [out, in], y [batch, out].
final class LinearLayer {
  private let forwardProduct: Primitive
  private let weightGradient: Primitive?
  private let inputGradient: Primitive?
  private let activation: MatrixProduct.Function
  private let batch: Int
  private let outputs: Int
  /// y.
  let output: UnsafeMutableBufferPointer<Float>
  /// ∂L/∂y on entry to `backward`; it becomes ∂L/∂(x·Wᵀ + b).
  let outputGradient: UnsafeMutableBufferPointer<Float>
  private let biasGradient: UnsafeMutablePointer<Float>?

  /// The buffers of one layer's parameters in an arena.
  struct Parameters {
    let weight: UnsafeMutablePointer<Float>
    let bias: UnsafeMutablePointer<Float>?
  }

  /// - Parameters:
  ///   - input: x, `batch · inputs` values.
  ///   - inputGradient: receives ∂L/∂x; none for the first layer.
  ///   - gradients: where the parameters' gradients go; none when only evaluating.
  init(
    _ name: String, on engine: Engine, batch: Int, inputs: Int, outputs: Int,
    activation: MatrixProduct.Function, parameters: Parameters, gradients: Parameters?,
    input: UnsafeMutablePointer<Float>, inputGradient: UnsafeMutablePointer<Float>?
  ) throws {
    self.activation = activation
    self.batch = batch
    self.outputs = outputs
    output = allocateFloats(batch * outputs)
    outputGradient = allocateFloats(gradients == nil ? 0 : batch * outputs)
    biasGradient = gradients?.bias
    let y = output.baseAddress.unsafelyUnwrapped
    let dz = outputGradient.baseAddress.unsafelyUnwrapped
    forwardProduct = try MatrixProduct.compile(
      "\(name), forward", on: engine, .init(buffer: input),
      .init(buffer: parameters.weight, transposed: true), bias: parameters.bias, into: y,
      rows: batch, inner: inputs, columns: outputs, then: activation)
    weightGradient = try gradients.map {
      try MatrixProduct.compile(
        "\(name), gradient of the weights", on: engine, .init(buffer: dz, transposed: true),
        .init(buffer: input), into: $0.weight, rows: outputs, inner: batch, columns: inputs)
    }
    self.inputGradient = try inputGradient.map {
      try MatrixProduct.compile(
        "\(name), gradient of the input", on: engine, .init(buffer: dz),
        .init(buffer: parameters.weight), into: $0, rows: batch, inner: outputs, columns: inputs)
    }
  }

  deinit {
    output.deallocate()
    outputGradient.deallocate()
  }

  func forward() throws { try forwardProduct.run() }

  /// Takes ∂L/∂y in `outputGradient`; writes the gradients of the weights, the bias and the input.
  func backward() throws {
    // Both buffers hold batch · outputs values, the bias gradient `outputs`.
    let dz = outputGradient.baseAddress.unsafelyUnwrapped
    let y = output.baseAddress.unsafelyUnwrapped
    for row in 0..<batch {
      let dz = dz + row * outputs
      let y = y + row * outputs
      switch activation {
      case .identity: break
      case .tanh: for column in 0..<outputs { dz[column] *= 1 - y[column] * y[column] }
      case .relu: for column in 0..<outputs where y[column] <= 0 { dz[column] = 0 }
      }
    }
    if let biasGradient {
      for column in 0..<outputs { biasGradient[column] = dz[column] }
      for row in 1..<max(1, batch) {
        let dz = dz + row * outputs
        for column in 0..<outputs { biasGradient[column] += dz[column] }
      }
    }
    try weightGradient?.run()
    try inputGradient?.run()
  }
}
