/// One contiguous, 64-byte aligned buffer of floats with named slices.
///
/// It has identity: a compiled network, an optimiser and a C step all look at the same weights.
/// Not `Sendable`; whoever owns it decides which threads touch it. It can stand over memory that somebody
/// else owns, such as a tensor of another library.
public final class Arena {
  /// Which tensor lies where.
  public let layout: ArenaLayout
  /// The whole buffer; valid as long as the arena lives.
  public let floats: UnsafeMutableBufferPointer<Float>
  /// Whether the arena has allocated its memory.
  private let isOwner: Bool
  /// What keeps foreign memory alive.
  private let owner: AnyObject?

  /// An arena of zeros.
  public init(_ layout: ArenaLayout) {
    self.layout = layout
    self.floats = allocateFloats(layout.count)
    (isOwner, owner) = (true, nil)
  }

  /// An arena over memory that is there, which it reads and writes and never frees.
  ///
  /// Results may depend in their last bits on where it begins; on a 64-byte boundary they do not.
  ///
  /// - Parameters:
  ///   - memory: as many floats as the layout has, valid as long as the arena lives.
  ///   - owner: is kept as long as the arena lives.
  /// - Throws: `LinearAlgebraError.shapeMismatch` when the count differs.
  public init(
    _ layout: ArenaLayout, over memory: UnsafeMutableBufferPointer<Float>,
    keeping owner: AnyObject? = nil
  ) throws {
    guard memory.count == layout.count else {
      throw LinearAlgebraError.shapeMismatch(
        operation: "an arena over foreign memory", expected: "\(layout.count) floats",
        found: "\(memory.count)")
    }
    self.layout = layout
    floats = memory
    isOwner = false
    self.owner = owner
  }

  deinit { if isOwner { floats.baseAddress?.deallocate() } }

  /// The slice of one tensor, row-major. The slot must come from this arena's layout.
  public subscript(slot: ArenaLayout.Slot) -> UnsafeMutableBufferPointer<Float> {
    self[slot.range]
  }

  /// A contiguous part; bounds are checked.
  public subscript(range: Range<Int>) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(rebasing: floats[range])
  }

  /// A copy of one tensor.
  public func values(of slot: ArenaLayout.Slot) -> [Float] { Array(self[slot]) }

  /// Replaces one tensor.
  ///
  /// - Throws: `LinearAlgebraError.shapeMismatch` when the count differs.
  public func set(_ slot: ArenaLayout.Slot, to values: [Float]) throws {
    guard values.count == slot.count else {
      throw LinearAlgebraError.shapeMismatch(
        operation: slot.name, expected: "\(slot.count) values", found: "\(values.count)")
    }
    _ = self[slot].update(fromContentsOf: values)
  }

  /// Replaces everything by another arena of the same layout.
  public func copy(from other: Arena) {
    precondition(other.layout == layout, "arenas of different layouts")
    _ = floats.update(fromContentsOf: other.floats)
  }

  /// A new arena with the same contents.
  public func duplicate() -> Arena {
    let copy = Arena(layout)
    copy.copy(from: self)
    return copy
  }
}

/// Zeroed floats on a 64-byte boundary, which is what the vector kernels of oneDNN prefer and what
/// keeps results independent of where a buffer happens to lie. The caller deallocates.
package func allocateFloats(_ count: Int) -> UnsafeMutableBufferPointer<Float> {
  precondition(count >= 0 && count <= Int.max / 8)
  let bytes = max(64, (count * MemoryLayout<Float>.stride + 63) & ~63)
  let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
  memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
  return UnsafeMutableBufferPointer(
    start: memory.bindMemory(to: Float.self, capacity: bytes / 4), count: count)
}
