/// Which weights are kept or removed together.
public enum Structure: Sendable, Equatable, CustomStringConvertible {
  /// The weights of one output: a matrix's row, a kernel's filter.
  case rows
  /// A matrix's column; a kernel [O, I, H, W] is taken as O × (I·H·W).
  case columns
  /// The weights of one input channel: a matrix's column, or [O, 1, H, W] of a kernel.
  case channels
  /// H × W weights of one output and one input channel.
  case kernels
  /// b × c weights of the matrix.
  case blocks(Int, Int)

  /// As it is written in a plan: the value of `of`.
  public var description: String {
    switch self {
    case .rows: "rows"
    case .columns: "columns"
    case .channels: "channels"
    case .kernels: "kernels"
    case .blocks(let rows, let columns): "\(rows)x\(columns)"
    }
  }

  /// The structure as it is written in a plan, such as `rows` or `4x1`.
  ///
  /// - Throws: `CompressionError.invalidParameter` for what is no structure.
  public init(_ text: String, operator: String) throws {
    let sizes = text.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    switch text {
    case "rows", "filters": self = .rows
    case "columns": self = .columns
    case "channels": self = .channels
    case "kernels": self = .kernels
    default:
      guard sizes.count == 2, let rows = sizes[0], let columns = sizes[1], rows > 0, columns > 0
      else {
        throw CompressionError.invalidParameter(
          operator: `operator`, parameter: "of", value: text,
          expected: "rows, filters, columns, channels, kernels or a block such as 4x1")
      }
      self = .blocks(rows, columns)
    }
  }

  /// The tensor's blocks that go together.
  ///
  /// - Throws: `CompressionError.needsMatrix` for a vector, or `kernels` of what is no kernel.
  func grid(for shape: [Int], operator: String, view: String) throws -> BlockGrid {
    guard shape.count >= 2 else {
      throw CompressionError.needsMatrix(operator: "\(`operator`) of \(self)", view: view)
    }
    let (rows, columns) = WeightView.matrixShape(of: shape)
    switch self {
    case .rows: return try BlockGrid(shape: [rows, columns], block: [1, columns])
    case .columns: return try BlockGrid(shape: [rows, columns], block: [rows, 1])
    case .blocks(let b, let c): return try BlockGrid(shape: [rows, columns], block: [b, c])
    case .channels:
      let spatial = shape[2...].reduce(1, *)
      return try BlockGrid(shape: [shape[0], shape[1], spatial], block: [shape[0], 1, spatial])
    case .kernels:
      guard shape.count == 4 else {
        throw CompressionError.invalidParameter(
          operator: `operator`, parameter: "of", value: "kernels",
          expected: "used for convolutions; \(view) has \(shape.count) dimensions")
      }
      return try BlockGrid(
        shape: [shape[0] * shape[1], shape[2] * shape[3]], block: [1, shape[2] * shape[3]])
    }
  }
}
