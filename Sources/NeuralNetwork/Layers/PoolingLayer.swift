/// The largest value or the mean of windows, channels-last.
final class PoolingLayer: Operation {
  enum Kind {
    case largest, mean
  }

  let name: String
  let kind = Profile.Kind.pooling
  private let pass: Primitive
  private var backPass: Primitive?
  private var workspace: Buffer?

  /// - Parameters:
  ///   - height, width: the window's.
  ///   - precision: of the activations.
  init(
    _ name: String, _ kind: Kind, height: Int, width: Int, stride: Int, padding: Int,
    on engine: Engine, from input: ImageShape, to output: ImageShape, precision: Precision,
    memory: NodeMemory
  ) throws {
    self.name = name
    let learns = memory.inputGradients[0] != nil
    let passes = PoolingPasses(
      kind: kind, x: try .image(batch: memory.batch, input, .channelsLast, precision),
      y: try .image(batch: memory.batch, output, .channelsLast, precision), height: height,
      width: width, stride: stride, padding: padding)
    var what = "\(name), forward"
    let description = try passes.forward(what, on: engine, learns: learns)
    var arguments: [Primitive.Argument] = [
      .init(.source, passes.x, memory.inputs[0]), .init(.destination, passes.y, memory.output),
    ]
    // Where the largest values were, for the way back.
    var places: Primitive.Argument?
    if learns, kind == .largest {
      let layout = try description.layout(of: .workspace, what)
      let buffer = Buffer(bytes: layout.bytes)
      workspace = buffer
      places = .init(.workspace, layout, buffer.pointer)
    }
    if let places { arguments.append(places) }
    pass = try Primitive(
      what, engine: engine, description, arguments)

    guard let inputGradient = memory.inputGradients[0], let d = memory.outputGradients.first else {
      return
    }
    what = "\(name), backward"
    let backDescription = try passes.backward(what, on: engine, hint: description)
    arguments = [
      .init(.destinationGradient, passes.y, d), .init(.sourceGradient, passes.x, inputGradient),
    ]
    if let places { arguments.append(places) }
    backPass = try Primitive(
      what, engine: engine, backDescription, arguments)
  }

  func forward(training: Bool) throws { try pass.run() }
  func backward() throws { try backPass?.run() }
}
