import LinearAlgebra

/// The weights that one C step compresses, as the operator sees them: a tensor by itself, or
/// several tensors as one joint vector.
public struct WeightView: Sendable {
  /// The n weights, row-major and finite.
  public internal(set) var values: [Float]
  /// The shape of the tensor, [out, in, …]; [n] for a vector.
  public let shape: [Int]
  /// At how many places a kernel is applied to one input; 1 for a matrix. It weighs operations.
  public var positions = 1

  /// n.
  public var count: Int { values.count }

  /// Weights of a shape, row-major.
  ///
  /// - Throws: `LinearAlgebraError` when the count does not fit the shape; `CompressionError.notFinite`
  ///   when a weight is NaN or infinite. O(n).
  public init(_ values: [Float], shape: [Int]) throws {
    let count = try elementCount(of: shape)
    guard values.count == count else {
      throw LinearAlgebraError.shapeMismatch(
        operation: "view", expected: "\(count) values", found: "\(values.count)")
    }
    try self.init(checking: values, shape: shape, label: "the view")
  }

  /// A vector.
  ///
  /// - Throws: `CompressionError.notFinite` when a weight is NaN or infinite. O(n).
  public init(_ values: [Float]) throws { try self.init(values, shape: [values.count]) }

  /// - Parameter label: what the view is called in an error.
  init(checking values: [Float], shape: [Int], label: String) throws {
    guard values.isFinite else { throw CompressionError.notFinite(view: label) }
    self.init(unchecked: values, shape: shape)
  }

  init(unchecked values: [Float], shape: [Int]) {
    self.values = values
    self.shape = shape
  }

  /// The rows and columns when the view is seen as a matrix: O × (I·H·W) for a convolution kernel
  /// (scheme 1); n × 1 for a vector.
  public var matrixShape: (rows: Int, columns: Int) { Self.matrixShape(of: shape) }

  static func matrixShape(of shape: [Int]) -> (rows: Int, columns: Int) {
    guard let rows = shape.first else { return (1, 1) }
    return (rows, shape.dropFirst().reduce(1, *))
  }
}
