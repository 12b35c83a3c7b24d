import Foundation
import LinearAlgebra

/// Damages bytes at random: flipped bits, cuts, insertions, repetitions, inflated numbers.
enum Mutation {
  static func apply(to original: [UInt8], using random: inout RandomGenerator) -> [UInt8] {
    var bytes = original
    for _ in 0...random.below(4) {
      guard !bytes.isEmpty else { return bytes }
      let place = random.below(bytes.count)
      switch random.below(12) {
      case 0: bytes.removeLast(random.below(bytes.count))
      case 1: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF][random.below(5)]
      case 2: bytes[place] = UInt8(ascii: "0") + UInt8(random.below(10))
      case 3: bytes.insert(bytes[place], at: place)
      case 4: bytes.remove(at: place)
      case 5:  // a number of two, four or eight bytes becomes large, or anything
        let width = [2, 4, 8][random.below(3)]
        let value = [UInt64.max, UInt64(Int64.max), 1 << 31, 1 << 32, random.next()][
          random.below(5)]
        for offset in 0..<min(width, bytes.count - place) {
          bytes[place + offset] = UInt8(truncatingIfNeeded: value >> UInt64(8 * offset))
        }
      case 6: inflateNumber(&bytes, using: &random)
      case 7:  // a piece of it again, elsewhere
        let length = random.below(min(64, bytes.count - place) + 1)
        bytes.insert(
          contentsOf: Array(bytes[place..<place + length]), at: random.below(bytes.count))
      default: bytes[place] ^= 1 << UInt8(random.below(8))
      }
    }
    return bytes
  }

  /// Replaces a run of decimal digits, of which headers are full, by another number.
  private static func inflateNumber(_ bytes: inout [UInt8], using random: inout RandomGenerator) {
    func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    let from = random.below(bytes.count)
    guard let start = bytes[from...].firstIndex(where: isDigit) else { return }
    let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.count
    let numbers = [
      "0", "-1", "1", "65536", "16777216", "67108864", "268435456", "2147483648", "4294967295",
      "4294967296", "9223372036854775807", "18446744073709551616", "1e308", "1e-320", "0.5",
    ]
    bytes.replaceSubrange(start..<end, with: numbers[random.below(numbers.count)].utf8)
  }
}

extension RandomGenerator {
  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(1, bound))) }

  mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }
}
