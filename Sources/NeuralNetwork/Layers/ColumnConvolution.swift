import COneDNN
import LinearAlgebra

/// A convolution as products with the matrix of its inputs' columns, some images at a time:
/// y = columns · Wᵀ, ∂W = ∂yᵀ · columns, ∂columns = ∂y · W; all in 32 bits.
///
/// Where it is the faster way (`ConvolutionMethod`), it is so because the products' inner loops run
/// over kernel · kernel · channels values, which fill the vectors whatever the channels are.
final class ColumnConvolution {
  private let task: ConvolutionTask
  private let columns: ImageColumns
  /// How many images' columns there are at a time; it divides the batch.
  private let images: Int
  /// One chunk's columns, then their gradients.
  private let scratch: Buffer
  /// W as [channels, kernel, kernel, inputs].
  private let weights: Buffer
  private let arrangeWeights: Primitive
  private let ordered: dnnl_memory_desc_t
  private let plain: dnnl_memory_desc_t

  init(_ task: ConvolutionTask) throws {
    self.task = task
    columns = ImageColumns(
      input: task.input, output: task.output, window: task.convolution.window)
    let batch = task.memory.batch
    let places = max(1, columns.places)
    // The columns of about a thousand places, a few MB, stay in the second caches.
    images = (1...batch).last { batch % $0 == 0 && ($0 == 1 || $0 * places <= 1024) } ?? 1
    scratch = Buffer(Float.self, count: images * places * columns.width)
    weights = Buffer(Float.self, count: task.output.channels * columns.width)
    ordered = try TensorLayout.orderedKernel(task.convolution, inputs: task.input.channels)
    plain = try TensorLayout.kernel(
      task.convolution, inputs: task.input.channels, type: dnnl_f32, preferred: false)
    arrangeWeights = try Primitive.reorder(
      "\(task.name), weights", engine: task.engine, from: plain, task.parameters.weight,
      to: ordered, weights.pointer, keeping: weights)
  }

  func forward() throws -> [any Step] {
    var steps: [any Step] = [arrangeWeights]
    for chunk in chunks {
      steps.append(GatherColumns(columns, images: images, from: chunk.x, into: scratch))
      steps.append(
        try MatrixProduct.compile(
          "\(task.name), forward", on: task.engine, .init(buffer: scratch.bound(to: Float.self)),
          .init(buffer: weights.bound(to: Float.self), transposed: true),
          bias: task.parameters.bias, into: chunk.y, rows: chunk.rows, inner: columns.width,
          columns: task.output.channels, then: task.activation))
    }
    return steps
  }

  /// - Parameter arranged: whether the forward pass has arranged the weights.
  func backward(arranged: Bool) throws -> [any Step] {
    guard let gradients = task.gradients, let d = task.memory.outputGradients.first else {
      return []
    }
    var steps: [any Step] = []
    let inputGradient = task.memory.inputGradients[0]
    if inputGradient != nil, !arranged { steps.append(arrangeWeights) }
    let channels = task.output.channels
    let weightGradient = Buffer(Float.self, count: channels * columns.width)
    let values = scratch.bound(to: Float.self)
    for (index, chunk) in chunks.enumerated() {
      let dy = d.assumingMemoryBound(to: Float.self) + index * chunk.rows * channels
      steps.append(GatherColumns(columns, images: images, from: chunk.x, into: scratch))
      steps.append(
        try MatrixProduct.compile(
          "\(task.name), gradient of the weights", on: task.engine,
          .init(buffer: dy, transposed: true), .init(buffer: values),
          into: weightGradient.bound(to: Float.self), adding: index > 0, rows: channels,
          inner: chunk.rows, columns: columns.width))
      if let inputGradient {
        steps.append(
          try MatrixProduct.compile(
            "\(task.name), gradient of the input", on: task.engine, .init(buffer: dy),
            .init(buffer: weights.bound(to: Float.self)), into: values, rows: chunk.rows,
            inner: channels, columns: columns.width))
        steps.append(
          ScatterColumns(
            columns, images: images, from: scratch,
            into: inputGradient.assumingMemoryBound(to: Float.self)
              + index * images * task.input.count))
      }
    }
    steps.append(
      try Primitive.reorder(
        "\(task.name), gradient of the weights in order", engine: task.engine, from: ordered,
        weightGradient.pointer, to: plain, gradients.weight, keeping: weightGradient))
    if let bias = gradients.bias {
      steps.append(
        BiasGradient(
          d.assumingMemoryBound(to: Float.self), rows: task.memory.batch * columns.places,
          columns: channels, into: bias))
    }
    return steps
  }

  private struct Chunk {
    let x: UnsafeMutablePointer<Float>
    let y: UnsafeMutablePointer<Float>
    let rows: Int
  }

  private var chunks: [Chunk] {
    let x = task.memory.inputs[0].assumingMemoryBound(to: Float.self)
    let y = task.memory.output.assumingMemoryBound(to: Float.self)
    // In bounds: the chunks are `batch / images` of `images` each.
    return stride(from: 0, to: task.memory.batch, by: images).map {
      Chunk(
        x: x + $0 * task.input.count, y: y + $0 * task.output.count, rows: images * columns.places)
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
