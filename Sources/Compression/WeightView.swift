import LinearAlgebra

/// The weights that one C step compresses, as the operator sees them: a tensor by itself, or
/// several tensors as one joint vector.
public struct WeightView: Sendable {
  /// The n weights, row-major.
  public var values: [Float]
  /// The shape of the tensor, [out, in, …]; [n] for a vector.
  public let shape: [Int]
  /// At how many places a kernel is applied to one input; 1 for a matrix. It weighs operations.
  public var positions = 1

  public var count: Int { values.count }

  /// - Throws: `LinearAlgebraError` when the count does not fit the shape.
  public init(_ values: [Float], shape: [Int]) throws {
    let count = try elementCount(of: shape)
    guard values.count == count else {
      throw LinearAlgebraError.shapeMismatch(
        operation: "view", expected: "\(count) values", found: "\(values.count)")
    }
    self.init(unchecked: values, shape: shape)
  }

  /// A vector.
  public init(_ values: [Float]) { self.init(unchecked: values, shape: [values.count]) }

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
