import Compression

// The places of sparse entries as bytes, in the coding that the accounting chose.

extension Sparse {
  /// The packed places, those of the blocks or in the runs, and the coding.
  func packedIndices() -> (coding: IndexCoding, bytes: [UInt8]) {
    let coding = IndexCoding.cheapest(for: self)
    let indices = units
    var count = self.count
    if case .blocks(let grid) = pattern { count = grid.blockCount }
    var writer = BitWriter()
    switch coding.scheme {
    case .gaps(let width):
      let filler = UInt32(truncatingIfNeeded: (1 << width) - 1)
      var next: UInt32 = 0
      for index in indices {
        var gap = index - next
        while gap >= filler {
          writer.append(filler, width: width)
          gap -= filler
        }
        writer.append(gap, width: width)
        next = index &+ 1
      }
    case .bitmap:
      var next = 0
      for index in indices {
        for _ in next..<Int(index) { writer.append(0, width: 1) }
        writer.append(1, width: 1)
        next = Int(index) + 1
      }
      for _ in next..<count { writer.append(0, width: 1) }
    case .absolute(let width):
      for index in indices { writer.append(index, width: width) }
    }
    return (coding, writer.finished())
  }

  /// The places out of their bytes: exactly `entries` of them, below `count`; none where the bytes
  /// do not hold that.
  static func unpackIndices(
    _ bytes: [UInt8], scheme: IndexCoding.Scheme, entries: Int, count: Int
  ) -> [UInt32]? {
    // Each entry takes at least a bit, so a declared number beyond the bits is a lie.
    guard entries >= 0, count >= 0, count <= UInt32.max, entries <= count else { return nil }
    var reader = BitReader(bytes)
    var indices: [UInt32] = []
    var next = 0
    switch scheme {
    case .gaps(let width):
      guard (1...32).contains(width), entries <= bytes.count * 8 / width else { return nil }
      let filler = (1 << width) - 1
      while indices.count < entries {
        guard let code = reader.next(width: width) else { return nil }
        next += Int(code)
        if Int(code) == filler { continue }
        guard next < count else { return nil }
        indices.append(UInt32(next))
        next += 1
      }
    case .bitmap:
      guard bytes.count == (count + 7) / 8 else { return nil }
      for index in 0..<count {
        guard let bit = reader.next(width: 1) else { return nil }
        if bit == 1 { indices.append(UInt32(index)) }
      }
      guard indices.count == entries else { return nil }
    case .absolute(let width):
      guard (0...32).contains(width), width == 0 || entries <= bytes.count * 8 / width else {
        return nil
      }
      for _ in 0..<entries {
        guard let index = reader.next(width: width) else { return nil }
        indices.append(index)
      }
    }
    return indices
  }

  /// The places out of those in each run, run by run; none where the bytes do not hold them.
  static func unpackRuns(
    _ bytes: [UInt8], width: Int, kept: Int, runs: Runs, entries: Int
  ) -> [UInt32]? {
    guard width == bitsToTellApart(runs.length), entries >= 0,
      bytes.count == (entries * width + 7) / 8
    else { return nil }
    var reader = BitReader(bytes)
    let places = (0..<entries).map { _ in reader.next(width: width) ?? 0 }
    return runs.indices(ofPlaces: places, each: kept)
  }
}
