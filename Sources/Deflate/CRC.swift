import CZlib

/// The CRC-32 of bytes that come piece by piece.
package func crc(_ value: UInt32, with bytes: UnsafeRawBufferPointer) -> UInt32 {
  var value = value
  let address = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
  var done = 0
  while done < bytes.count {
    let count = min(bytes.count - done, 1 << 30)
    value = UInt32(truncatingIfNeeded: crc32(UInt(value), address.map { $0 + done }, UInt32(count)))
    done += count
  }
  return value
}
