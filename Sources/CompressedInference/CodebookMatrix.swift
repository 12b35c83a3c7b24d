import Compression
import LinearAlgebra

/// W by packed codes and a codebook.
///
/// A few rows at a time are looked up in the codebook, into a panel that stays in the cache, and
/// multiplied by `sgemm`; all of W is never there at once.
struct CodebookMatrix: WeightMatrix {
  /// The floats of a panel: 64 KiB.
  static let panelSize = 1 << 14

  private let rows: Int
  private let columns: Int
  private let codes: PackedCodes
  private let levels: Int
  /// Of the groups that W touches, `levels` each.
  private let entries: [Float]
  private let groupSize: Int
  /// How many weights of the first group lie before W.
  private let offset: Int

  /// The weights `range` of a form as a rows × columns matrix.
  init(_ form: Codebook, range: Range<Int>, rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
    levels = form.levels
    groupSize = form.groupSize
    codes = PackedCodes(form.codes[range], width: form.codeBits)
    let first = range.lowerBound / form.groupSize
    let last = max(first, (range.upperBound - 1) / form.groupSize)
    offset = range.lowerBound - first * form.groupSize
    entries = Array(form.entries[first * form.levels..<(last + 1) * form.levels])
  }

  var byteCount: Int { codes.byteCount + 4 * entries.count }

  func addProduct(of x: [Float], into y: inout [Float]) {
    guard columns > 0 else { return }
    let height = max(1, Self.panelSize / columns)
    for first in stride(from: 0, to: rows, by: height) {
      let start = first * columns
      let end = min(first + height, rows) * columns
      LinearAlgebra.addProduct(
        of: x, withPanel: panel(start..<end), columns: columns, firstRow: first, outputs: rows,
        into: &y)
    }
  }

  private func panel(_ range: Range<Int>) -> [Float] {
    [Float](unsafeUninitializedCapacity: range.count) { panel, count in
      if entries.count == levels {
        codes.forEach(in: range) { index, code in
          panel.initializeElement(at: index, to: entries[code])
        }
      } else {
        codes.forEach(in: range) { index, code in
          let group = (offset + range.lowerBound + index) / groupSize
          panel.initializeElement(at: index, to: entries[group * levels + code])
        }
      }
      count = range.count
    }
  }
}
