import CZlib

/// Bytes as zlib wraps them (RFC 1950), all at once.
package enum ZlibStream {
  /// The bytes as a zlib stream, as small as zlib makes it; none when it finds no memory.
  package static func deflate(_ bytes: [UInt8]) -> [UInt8]? {
    let bound = compressBound(uLong(bytes.count))
    var size = bound
    var status = Z_OK
    let result = [UInt8](unsafeUninitializedCapacity: Int(bound)) { buffer, count in
      status = compress2(buffer.baseAddress, &size, bytes, uLong(bytes.count), Z_BEST_COMPRESSION)
      count = status == Z_OK ? Int(size) : 0
    }
    return status == Z_OK ? result : nil
  }

  /// What a zlib stream holds; none when it is damaged or holds more than `limit` bytes.
  package static func inflate(_ bytes: [UInt8], atMost limit: Int) -> [UInt8]? {
    var size = uLong(limit)
    var status = Z_OK
    let result = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      status = uncompress(buffer.baseAddress, &size, bytes, uLong(bytes.count))
      count = status == Z_OK ? Int(size) : 0
    }
    return status == Z_OK ? result : nil
  }
}
