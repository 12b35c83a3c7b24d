import Foundation

/// Bytes on a 64-byte boundary, zeroed, that live as long as this.
///
/// Large ones begin on a 2 MiB boundary and ask for pages of that size: with pages of 4 KiB, passes
/// over activations wait for address translation.
final class Buffer {
  private static let hugePage = 2 << 20
  let pointer: UnsafeMutableRawPointer

  init(bytes: Int) {
    let large = bytes >= Self.hugePage
    let alignment = large ? Self.hugePage : 64
    let rounded = max(64, (bytes + alignment - 1) & ~(alignment - 1))
    pointer = .allocate(byteCount: rounded, alignment: alignment)
    // Where there are no such pages this fails, which does not matter.
    if large { _ = madvise(pointer, rounded, MADV_HUGEPAGE) }
    pointer.initializeMemory(as: UInt8.self, repeating: 0, count: rounded)
  }

  /// For `count` values of a type without references.
  convenience init<Value>(_ type: Value.Type, count: Int) {
    self.init(bytes: count * MemoryLayout<Value>.stride)
  }

  deinit { pointer.deallocate() }

  func bound<Value>(to type: Value.Type) -> UnsafeMutablePointer<Value> {
    pointer.assumingMemoryBound(to: type)
  }
}
