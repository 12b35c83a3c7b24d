import LinearAlgebra

/// A shortcut without parameters: every stride-th row and column, and channels of zeros among those of
/// the input. In He et al.'s option A the zeros are before and after, the odd one of them after.
///
/// - Source: He, Zhang, Ren & Sun, "Deep residual learning", arXiv 1512.03385, section 3.3.
final class PaddedShortcut: Operation {
  let name: String
  private let precision: Precision
  private let stride: Int
  private let input: ImageShape
  private let output: ImageShape
  private let memory: NodeMemory
  /// The output's channels, run by run.
  private let runs: [Run]

  /// Neighbouring channels of the output: neighbours of the input as well, or zeros.
  private struct Run {
    let source: Int?
    let target: Int
    var count: Int
  }

  /// - Parameter sources: for each channel of the output that of the input, −1 for zeros.
  init(
    _ name: String, stride: Int, sources: [Int], from input: ImageShape, to output: ImageShape,
    precision: Precision, memory: NodeMemory
  ) {
    self.name = name
    self.precision = precision
    self.stride = stride
    self.input = input
    self.output = output
    self.memory = memory
    var runs: [Run] = []
    for (target, source) in sources.enumerated() {
      let source = source < 0 ? nil : source
      if let last = runs.last, source == last.source.map({ $0 + last.count }) {
        runs[runs.count - 1].count += 1
      } else {
        runs.append(Run(source: source, target: target, count: 1))
      }
    }
    self.runs = runs
  }

  /// Calls `body(row of the input, row of the output)` with pointers' offsets for each image and row
  /// that is kept.
  private func rows(_ body: (Int, Int) -> Void) {
    parallel(over: memory.batch, grain: 8) { images in
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
    let zero = Element(rounding: 0)
    rows { from, to in
      // In bounds: (places − 1) · stride is below the input's side, and sources are its channels.
      for column in 0..<output.width {
        for run in runs {
          let target = y + (to + column * output.channels + run.target)
          if let source = run.source {
            target.update(
              from: x + (from + column * stride * input.channels + source), count: run.count)
          } else {
            target.update(repeating: zero, count: run.count)
          }
        }
      }
    }
  }

  private func backward<Element: ActivationElement>(_: Element.Type) {
    guard let d = memory.outputGradients.first?.assumingMemoryBound(to: Element.self),
      let result = memory.inputGradients[0]?.assumingMemoryBound(to: Element.self)
    else { return }
    parallel(over: memory.batch, grain: 8) { images in
      (result + images.lowerBound * input.count).update(
        repeating: Element(rounding: 0), count: images.count * input.count)
    }
    rows { from, to in
      for column in 0..<output.width {
        for run in runs {
          guard let source = run.source else { continue }
          (result + (from + column * stride * input.channels + source)).update(
            from: d + (to + column * output.channels + run.target), count: run.count)
        }
      }
    }
  }
}
