/// Brings values into another order or width: the network's input to channels-last, images to the
/// vectors of linear layers (in PyTorch's order channels, height, width), and the gradients back.
final class ArrangeLayer: Operation {
  let name: String
  private let pass: Primitive
  private let backPass: Primitive?

  init(
    _ name: String, on engine: Engine, from input: NetworkGraph.Tensor,
    to output: NetworkGraph.Tensor, precision: Precision, memory: NodeMemory
  ) throws {
    self.name = name
    func width(_ tensor: NetworkGraph.Tensor) -> Precision { tensor.half ? precision : .float32 }
    // Both see the image's shape; as a vector it is channels-first.
    let shape = input.arrangement == .vector ? output.shape : input.shape
    let from = try TensorLayout.image(
      batch: memory.batch, shape, input.arrangement, width(input))
    let to = try TensorLayout.image(
      batch: memory.batch, shape, output.arrangement, width(output))
    pass = try Primitive.reorder(
      name, engine: engine, from: from, memory.inputs[0], to: to, memory.output)
    if let inputGradient = memory.inputGradients[0], let d = memory.outputGradients.first {
      backPass = try Primitive.reorder(
        "\(name), backward", engine: engine, from: to, d, to: from, inputGradient)
    } else {
      backPass = nil
    }
  }

  func forward(training: Bool) throws { try pass.run() }
  func backward() throws { try backPass?.run() }
}
