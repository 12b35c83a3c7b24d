import LinearAlgebra

/// A convolution as products with the matrix of its inputs' columns, some images at a time:
/// y = columns · Wᵀ, ∂W = ∂yᵀ · columns, ∂columns = ∂y · W; all in 32 bits.
///
/// Where it is the faster way (`ConvolutionMethod`), it is so because the products' inner loops run
/// over kernel · kernel · channels values, which fill the vectors whatever the channels are.
final class ColumnConvolution {
  private let task: ConvolutionTask
  private let columns: ImageColumns
  /// W as [channels, kernel, kernel, inputs].
  private let weights: Buffer
  private let arrangeWeights: Primitive
  private let ordered: TensorLayout
  private let plain: TensorLayout
  /// How many images' columns there are at a time; it divides the batch.
  private let images: Int
  private let lists: [List]

  /// What runs on one thread, or on all where there are too few images: some of the chunks.
  private struct List {
    let index: Int
    let engine: Engine
    let scratchpad: Scratchpad?
    /// One chunk's columns, then their gradients.
    let values: Buffer
    let chunks: [Range<Int>]
  }

  init(_ task: ConvolutionTask) throws {
    self.task = task
    columns = ImageColumns(
      input: task.input, output: task.output, window: task.convolution.window)
    weights = Buffer(Float.self, count: task.output.channels * columns.width)
    ordered = try TensorLayout.orderedKernel(task.convolution, inputs: task.input.channels)
    plain = try TensorLayout.kernel(
      task.convolution, inputs: task.input.channels, .float32, preferred: false)
    arrangeWeights = try Primitive.reorder(
      "\(task.name), weights", engine: task.engine, from: plain, task.parameters.weight,
      to: ordered, weights.pointer, keeping: weights)

    let batch = task.memory.batch
    let places = max(1, columns.places)
    let threads = Threads.count
    // Each thread for itself where it has rows enough for its products to be fast.
    let count = batch % threads == 0 && batch / threads * places >= 512 ? threads : 1
    // The columns of a chunk stay in the second cache.
    let rows = max(256, min(1024, (1 << 18) / columns.width))
    let share = batch / count
    var images = max(1, min(share, rows / places))
    while share % images != 0 { images -= 1 }
    var lists: [List] = []
    for index in 0..<count {
      let starts = stride(from: share * index, to: share * (index + 1), by: images)
      lists.append(
        List(
          index: index, engine: count > 1 ? try Engine() : task.engine,
          scratchpad: count > 1 ? Scratchpad() : nil,
          values: Buffer(Float.self, count: images * places * columns.width),
          chunks: starts.map { $0..<$0 + images }))
    }
    self.lists = lists
    self.images = images
  }

  func forward() throws -> [any Step] {
    let products = try concurrently { list in
      var steps: [any Step] = []
      for chunk in list.chunks {
        steps.append(
          GatherColumns(columns, images: images, from: inputs(of: chunk), into: list.values))
        steps.append(
          try product(
            "forward", list, .init(buffer: list.values.bound(to: Float.self)),
            .init(buffer: weights.bound(to: Float.self), transposed: true),
            bias: task.parameters.bias, into: outputs(task.memory.output, of: chunk), rows: rows,
            inner: columns.width, columns: task.output.channels, then: task.activation))
      }
      return steps
    }
    return [arrangeWeights] + products
  }

  /// - Parameter arranged: whether the forward pass has arranged the weights.
  func backward(arranged: Bool) throws -> [any Step] {
    guard let gradients = task.gradients, let d = task.memory.outputGradients.first else {
      return []
    }
    let wanted = task.memory.inputGradients[0] != nil
    let count = task.output.channels * columns.width
    let sums = lists.map { _ in Buffer(Float.self, count: count) }
    var steps: [any Step] = wanted && !arranged ? [arrangeWeights] : []
    steps += try concurrently { list in
      var steps: [any Step] = []
      for (index, chunk) in list.chunks.enumerated() {
        steps += try backward(
          list, chunk, outputs(d, of: chunk), into: sums[list.index], adding: index > 0)
      }
      return steps
    }
    steps.append(GradientParts(sums, count: count))
    steps.append(
      try Primitive.reorder(
        "\(task.name), gradient of the weights in order", engine: task.engine, from: ordered,
        sums[0].pointer, to: plain, gradients.weight))
    if let bias = gradients.bias {
      steps.append(
        BiasGradient(
          d.assumingMemoryBound(to: Float.self), rows: task.memory.batch * columns.places,
          columns: task.output.channels, into: bias))
    }
    return steps
  }

  /// The steps of one chunk.
  private func backward(
    _ list: List, _ chunk: Range<Int>, _ d: UnsafeMutablePointer<Float>, into sum: Buffer,
    adding: Bool
  ) throws -> [any Step] {
    let values = list.values.bound(to: Float.self)
    var steps: [any Step] = [
      GatherColumns(columns, images: images, from: inputs(of: chunk), into: list.values),
      try product(
        "gradient of the weights", list, .init(buffer: d, transposed: true),
        .init(buffer: values), into: sum.bound(to: Float.self), adding: adding,
        rows: task.output.channels, inner: rows, columns: columns.width),
    ]
    if let inputGradient = task.memory.inputGradients[0] {
      steps.append(
        try product(
          "gradient of the input", list, .init(buffer: d),
          .init(buffer: weights.bound(to: Float.self)), into: values, rows: rows,
          inner: task.output.channels, columns: columns.width))
      steps.append(
        ScatterColumns(
          columns, images: images, from: list.values,
          into: inputGradient.assumingMemoryBound(to: Float.self)
            + chunk.lowerBound * task.input.count))
    }
    return steps
  }

  // MARK: Parts

  /// Rows of one chunk's columns.
  private var rows: Int { images * columns.places }

  // In bounds: chunks are ranges of the batch's images.

  private func inputs(of chunk: Range<Int>) -> UnsafeMutablePointer<Float> {
    task.memory.inputs[0].assumingMemoryBound(to: Float.self) + chunk.lowerBound * task.input.count
  }

  private func outputs(
    _ pointer: UnsafeMutableRawPointer, of chunk: Range<Int>
  ) -> UnsafeMutablePointer<Float> {
    pointer.assumingMemoryBound(to: Float.self) + chunk.lowerBound * task.output.count
  }

  private func concurrently(_ body: (List) throws -> [any Step]) throws -> [any Step] {
    guard lists.count > 1 else { return try lists.flatMap(body) }
    return [ConcurrentSteps(try ConcurrentSteps.onOneThread { try lists.map(body) })]
  }

  private func product(
    _ what: String, _ list: List, _ a: MatrixProduct.Operand, _ b: MatrixProduct.Operand,
    bias: UnsafeMutablePointer<Float>? = nil, into c: UnsafeMutablePointer<Float>,
    adding: Bool = false, rows: Int, inner: Int, columns: Int,
    then activation: Activation = .identity
  ) throws -> Primitive {
    try MatrixProduct.compile(
      "\(task.name), \(what)", on: list.engine, a, b, bias: bias, into: c, adding: adding,
      rows: rows, inner: inner, columns: columns, then: activation,
      scratchpad: list.scratchpad)
  }
}

/// Adds the gradients of several parts to the first.
private final class GradientParts: Step {
  private let parts: [Buffer]
  private let count: Int

  init(_ parts: [Buffer], count: Int) {
    self.parts = parts
    self.count = count
  }

  func run() {
    for part in parts.dropFirst() {
      Elementwise.add(part.bound(to: Float.self), to: parts[0].bound(to: Float.self), count: count)
    }
  }
}

private final class GatherColumns: Step {
  private let columns: ImageColumns
  private let images: Int
  private let source: UnsafePointer<Float>
  private let target: Buffer

  init(
    _ columns: ImageColumns, images: Int, from source: UnsafePointer<Float>, into target: Buffer
  ) {
    self.columns = columns
    self.images = images
    self.source = source
    self.target = target
  }

  func run() { columns.gather(source, images: images, into: target.bound(to: Float.self)) }
}

private final class ScatterColumns: Step {
  private let columns: ImageColumns
  private let images: Int
  private let source: Buffer
  private let target: UnsafeMutablePointer<Float>

  init(
    _ columns: ImageColumns, images: Int, from source: Buffer,
    into target: UnsafeMutablePointer<Float>
  ) {
    self.columns = columns
    self.images = images
    self.source = source
    self.target = target
  }

  func run() { columns.scatter(source.bound(to: Float.self), images: images, into: target) }
}

private final class BiasGradient: Step {
  private let d: UnsafePointer<Float>
  private let rows: Int
  private let columns: Int
  private let sums: UnsafeMutablePointer<Float>

  init(
    _ d: UnsafePointer<Float>, rows: Int, columns: Int, into sums: UnsafeMutablePointer<Float>
  ) {
    self.d = d
    self.rows = rows
    self.columns = columns
    self.sums = sums
  }

  func run() { ColumnSums.of(d, rows: rows, columns: columns, into: sums) }
}
