import Testing

@testable import ModelFiles

@Suite struct ElementTypeTests {
  @Test func readsEveryF16AsTheStandardLibraryDoes() {
    for bits in UInt16.min...UInt16.max {
      let (found, expected) = (HalfPrecision.float(f16: bits), Float(Float16(bitPattern: bits)))
      guard found.isNaN ? expected.isNaN : found.bitPattern == expected.bitPattern else {
        Issue.record("\(bits): \(found), not \(expected)")
        return
      }
    }
  }

  @Test func halfPrecisionSurvivesTheWayThroughFloat() {
    for bits in UInt16.min...UInt16.max {
      let (f16, bf16) = (HalfPrecision.float(f16: bits), HalfPrecision.float(bf16: bits))
      guard f16.isNaN || HalfPrecision.f16(f16) == bits,
        bf16.isNaN
          ? HalfPrecision.float(bf16: HalfPrecision.bf16(bf16)).isNaN
          : HalfPrecision.bf16(bf16) == bits
      else {
        Issue.record("\(bits)")
        return
      }
    }
  }

  @Test(arguments: 0..<20) func roundsBF16ToTheNearestTiesToEven(seed: Int) {
    var generator = SeededGenerator(seed: seed)
    for _ in 0..<500 {
      var pattern = UInt32.random(in: .min ... .max, using: &generator)
      if seed % 2 == 0 { pattern = pattern & 0xFFFF_0000 | 0x8000 }  // ties
      let value = Float(bitPattern: pattern)
      guard value.isFinite else { continue }
      // The neighbours towards and away from zero, and which of them is nearer.
      let below = UInt16(pattern >> 16)
      let above = below + 1
      let low = Double(HalfPrecision.float(bf16: below))
      let high =
        HalfPrecision.float(bf16: above).isFinite
        ? Double(HalfPrecision.float(bf16: above)) : low * (1 + 1.0 / 255)
      let (down, up) = (abs(Double(value) - low), abs(high - Double(value)))
      guard HalfPrecision.float(bf16: above).isFinite else { continue }
      let expected = down < up ? below : up < down ? above : below & 1 == 0 ? below : above
      #expect(HalfPrecision.bf16(value) == expected)
    }
  }

  @Test func roundsAtTheEdges() {
    #expect(HalfPrecision.f16(65519.996) == 0x7BFF)
    #expect(HalfPrecision.f16(65520) == 0x7C00)
    #expect(HalfPrecision.f16(1 + 0x1p-11) == 0x3C00)
    #expect(HalfPrecision.f16(1 + 3 * 0x1p-11) == 0x3C02)
    #expect(HalfPrecision.f16(0x1p-25) == 0)
    #expect(HalfPrecision.bf16(.greatestFiniteMagnitude) == 0x7F80)
    #expect(HalfPrecision.bf16(-.infinity) == 0xFF80)
    #expect(HalfPrecision.float(bf16: HalfPrecision.bf16(Float(bitPattern: 0x7FFF_FFFF))).isNaN)
    #expect(HalfPrecision.float(bf16: HalfPrecision.bf16(Float(bitPattern: 0x7F80_0001))).isNaN)
  }

  /// One value of every numeric type, its little-endian bytes, and what it is as a `Float`.
  private static let examples: [(ElementType, [UInt8], Float)] = [
    (.bool, [0], 0), (.bool, [1], 1), (.bool, [7], 1),
    (.u8, [255], 255), (.i8, [255], -1), (.i8, [128], -128),
    (.u16, [0xFE, 0xFF], 65534), (.i16, [0xFE, 0xFF], -2),
    (.u32, [1, 0, 0, 1], 16_777_216), (.u32, [3, 0, 0, 1], 16_777_220),
    (.u32, [0xFF, 0xFF, 0xFF, 0xFF], 4_294_967_296), (.i32, [0xFE, 0xFF, 0xFF, 0xFF], -2),
    (.u64, [0, 0, 0, 0, 0, 0, 0, 0x80], 0x1p63), (.i64, [0, 0, 0, 0, 0, 0, 0, 0x80], -0x1p63),
    (.f16, [0, 0x3C], 1), (.f16, [1, 0], 0x1p-24), (.bf16, [0x80, 0xBF], -1),
    (.f32, [0, 0, 0x80, 0x3F], 1), (.f64, [0, 0, 0, 0, 0, 0, 0xF0, 0x3F], 1),
    (.f64, [0, 0, 0, 0x10, 0, 0, 0xF0, 0x3F], 1),
    (.f64, [1, 0, 0, 0x10, 0, 0, 0xF0, 0x3F], 1 + 0x1p-23),
    (.f64, [0, 0, 0, 0, 0, 0, 0xE0, 0x7F], .infinity),
  ]

  @Test(arguments: examples) func convertsInBothByteOrders(
    dtype: ElementType, bytes: [UInt8], expected: Float
  ) throws {
    for (order, oneValue) in [(ByteOrder.littleEndian, bytes), (.bigEndian, bytes.reversed())] {
      // Behind one byte, so that nothing is aligned, and often enough for several chunks.
      let count = 70_000
      let input = [0] + Array(repeatElement(oneValue, count: count).joined())
      try withFile(input) { path in
        var cursor = InputFile.Cursor(file: try InputFile(path: path), offset: 1)
        let floats = try readFloats(count, of: dtype, order, from: &cursor)
        #expect(floats.count == count && floats.allSatisfy { $0 == expected })
      }
    }
  }
}
