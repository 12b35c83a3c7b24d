/// The names, shapes and places of tensors that share one contiguous buffer.
///
/// Weights, gradients, momentum, targets and multipliers of a network all have the same layout, so
/// one pass over the buffer updates everything, and a tensor is a slice.
public struct ArenaLayout: Sendable, Equatable {
  /// One named tensor: row-major, `range.count == shape.product`.
  public struct Slot: Sendable, Equatable {
    /// The tensor's name, such as `fc1.weight`; names are their bytes.
    public let name: String
    /// The sizes of the dimensions, slowest first; empty for a single value.
    public let shape: [Int]
    /// Its place in the buffer, counted in floats.
    public let range: Range<Int>
    /// The number of its floats.
    public var count: Int { range.count }

    /// Whether name, byte for byte, shape and place are the same.
    public static func == (a: Slot, b: Slot) -> Bool {
      ExactName(a.name) == ExactName(b.name) && a.shape == b.shape && a.range == b.range
    }
  }

  /// The tensors, one after the other without gaps.
  public let slots: [Slot]
  /// The number of floats of all slots together.
  public let count: Int
  private let positions: [ExactName: Int]

  /// Lays the tensors out one after the other, in the given order.
  ///
  /// - Throws: `LinearAlgebraError` when a name stands twice or a size overflows.
  public init(_ tensors: [(name: String, shape: [Int])]) throws {
    var slots: [Slot] = []
    var positions: [ExactName: Int] = [:]
    var offset = 0
    for (name, shape) in tensors {
      guard positions.updateValue(slots.count, forKey: ExactName(name)) == nil else {
        throw LinearAlgebraError.duplicateName(name)
      }
      let count = try elementCount(of: shape)
      let (end, overflow) = offset.addingReportingOverflow(count)
      guard !overflow else {
        throw LinearAlgebraError.impossibleSize(operation: name, sizes: shape)
      }
      slots.append(Slot(name: name, shape: shape, range: offset..<end))
      offset = end
    }
    self.slots = slots
    self.count = offset
    self.positions = positions
  }

  /// The slot of that name, byte for byte, if there is one.
  public subscript(name: String) -> Slot? { number(of: name).map { slots[$0] } }

  /// The place of that name among the slots.
  public func number(of name: String) -> Int? { positions[ExactName(name)] }
}

/// The number of elements of a tensor of that shape; 1 for the empty shape.
///
/// - Throws: `LinearAlgebraError.impossibleSize` when a size is negative or the product overflows.
package func elementCount(of shape: [Int]) throws -> Int {
  var count = 1
  for size in shape {
    let (product, overflow) = count.multipliedReportingOverflow(by: size)
    guard size >= 0, !overflow else {
      throw LinearAlgebraError.impossibleSize(operation: "tensor", sizes: shape)
    }
    count = product
  }
  return count
}
