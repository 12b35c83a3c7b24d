import LinearAlgebra

/// He et al.'s shortcut without parameters (option A): every stride-th row and column, and channels
/// of zeros before and after; the odd one of them after.
///
/// - Source: He, Zhang, Ren & Sun, "Deep residual learning", arXiv 1512.03385, section 3.3.
final class PaddedShortcut: Operation {
  let name: String
  private let precision: Precision
  private let stride: Int
  private let input: ImageShape
  private let output: ImageShape
  private let memory: NodeMemory

  init(
    _ name: String, stride: Int, from input: ImageShape, to output: ImageShape,
    precision: Precision, memory: NodeMemory
  ) {
    self.name = name
    self.precision = precision
    self.stride = stride
    self.input = input
    self.output = output
    self.memory = memory
  }

  /// Calls `body(row of the input, row of the output)` with pointers' offsets for each image and row
  /// that is kept.
  private func rows(_ body: (Int, Int) -> Void) {
    parallel(over: memory.batch, grain: 8) { _, images in
      for image in images {
        for row in 0..<output.height {
          body(
            (image * input.height + row * stride) * input.width * input.channels,
            (image * output.height + row) * output.width * output.channels)
        }
      }
    }
  }

  func forward(training: Bool) throws {
    switch precision {
    case .float32: forward(Float.self)
    case .bfloat16: forward(BFloat16.self)
    }
  }

  func backward() throws {
    switch precision {
    case .float32: backward(Float.self)
    case .bfloat16: backward(BFloat16.self)
    }
  }

  private func forward<Element: ActivationElement>(_: Element.Type) {
    let x = memory.inputs[0].assumingMemoryBound(to: Element.self)
    let y = memory.output.assumingMemoryBound(to: Element.self)
    let before = (output.channels - input.channels) / 2
    let zero = Element(rounding: 0)
    rows { from, to in
      // In bounds: (places − 1) · stride is below the input's side.
      for column in 0..<output.width {
        let target = y + (to + column * output.channels)
        target.update(repeating: zero, count: before)
        (target + before).update(
          from: x + (from + column * stride * input.channels), count: input.channels)
        (target + before + input.channels).update(
          repeating: zero, count: output.channels - before - input.channels)
      }
    }
  }

  private func backward<Element: ActivationElement>(_: Element.Type) {
    guard let d = memory.outputGradients.first?.assumingMemoryBound(to: Element.self),
      let result = memory.inputGradients[0]?.assumingMemoryBound(to: Element.self)
    else { return }
    let before = (output.channels - input.channels) / 2
    parallel(over: memory.batch, grain: 8) { _, images in
      (result + images.lowerBound * input.count).update(
        repeating: Element(rounding: 0), count: images.count * input.count)
    }
    rows { from, to in
      for column in 0..<output.width {
        (result + (from + column * stride * input.channels)).update(
          from: d + (to + column * output.channels + before), count: input.channels)
      }
    }
  }
}
