import Foundation
import LinearAlgebra
import ModelFiles

/// Figures that runs have found before of the same weights, kept in a folder that they share.
///
/// Each is a small file. Files that cannot be read or written, or that are damaged, are as if there were
/// none.
package struct KnownFigures: Sendable {
  private let folder: String
  /// What figures depend on besides the weights: network, data, precision.
  private let context: [String]

  package init(folder: String, context: [String: String]) {
    self.folder = folder
    self.context = context.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
  }

  private struct Entry: Codable {
    let of: [String]
    let figures: Figures
    /// Of the figures.
    let checksum: UInt32

    init(_ of: [String], _ figures: Figures) throws {
      (self.of, self.figures) = (of, figures)
      checksum = try Self.checksum(figures)
    }

    static func checksum(_ figures: Figures) throws -> UInt32 {
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      return try encoder.encode(figures).withUnsafeBytes(ModelFiles.checksum(of:))
    }
  }

  /// The figures of these weights and batch norm statistics, which are found and kept when they are not known.
  ///
  /// - Complexity: O(n) besides `find`.
  /// - Throws: what `find` throws.
  func figures(of weights: Arena, _ statistics: Arena, find: () throws -> Figures) throws -> Figures
  {
    let of = context + [Self.fingerprint(weights), Self.fingerprint(statistics)]
    let name = Self.fingerprint(of.joined(separator: "\n").utf8.map(UInt32.init))
    let path = "\(folder)/\(name).json"
    if let bytes = FileManager.default.contents(atPath: path),
      let entry = try? JSONDecoder().decode(Entry.self, from: bytes), entry.of == of,
      entry.checksum == (try? Entry.checksum(entry.figures))
    {
      return entry.figures
    }
    let figures = try find()
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    if let bytes = try? JSONEncoder().encode(Entry(of, figures)) {
      try? AtomicFile.write([UInt8](bytes), to: path)
    }
    return figures
  }

  private static func fingerprint(_ arena: Arena) -> String {
    let bytes = UnsafeRawBufferPointer(arena.floats)
    return "\(fingerprint(arena.floats.lazy.map(\.bitPattern)))-\(checksum(of: bytes))"
  }

  /// The words as digits of a number, modulo 2⁶¹ − 1: two lists of n words that differ have the same one
  /// with a probability of n/2⁶¹ over the bases.
  private static func fingerprint(_ words: some Collection<UInt32>) -> String {
    let (modulus, base): (UInt64, UInt64) = (1 << 61 - 1, 0x0B6D_29C7_53A4_1F8E)
    var value = UInt64(words.count)
    for word in words {
      let (high, low) = value.multipliedFullWidth(by: base)
      // 2⁶¹ ≡ 1: the bits above stand for themselves.
      value = (low & modulus) + (high << 3 | low >> 61) + UInt64(word)
      value = (value & modulus) + value >> 61
    }
    return String(value % modulus, radix: 16)
  }
}
