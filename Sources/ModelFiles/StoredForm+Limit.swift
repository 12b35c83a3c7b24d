import Compression

// A few bytes can declare a great many weights: one level needs no codes, a sparse form no entries.
// What may be unfolded from a file is therefore limited by its size, before anything is allocated.

extension StoredForm {
  /// The numbers that are held when forms are read from a file of that size and decompressed: 2²⁶
  /// (256 MiB of floats) from any file, and 1024 a byte from larger ones.
  static func limit(fileBytes: Int) -> Int {
    let (product, overflow) = fileBytes.multipliedReportingOverflow(by: 1024)
    return overflow ? .max : max(1 << 26, product)
  }

  /// The weights and codebook entries of this form and its parts; none where they are too many for
  /// an `Int` or the description contradicts itself.
  private var unfoldedCount: Int? {
    guard (0...Int(UInt32.max)).contains(count) else { return nil }
    guard kind == .sum else {
      var entries = 0
      if let levels, let groupSize {
        guard levels >= 0, groupSize > 0 else { return nil }
        let groups = count / groupSize + 1
        let (product, overflow) = groups.multipliedReportingOverflow(by: levels)
        guard !overflow else { return nil }
        entries = product
      }
      let (total, overflow) = count.addingReportingOverflow(entries)
      return overflow ? nil : total
    }
    var total = 0
    for part in parts ?? [] {
      guard part.count == count, let inner = part.unfoldedCount else { return nil }
      let (sum, overflow) = total.addingReportingOverflow(inner)
      guard !overflow else { return nil }
      total = sum
    }
    return total
  }

  /// - Throws: `ModelFileError.malformedModel` when the forms of a file together exceed its limit.
  static func requireModest(_ forms: [StoredForm], in file: SafetensorsFile) throws {
    let limit = limit(fileBytes: file.file.byteCount)
    var total = 0
    for form in forms {
      guard let count = form.unfoldedCount, count <= limit - total else {
        throw ModelFileError.malformedModel(
          path: file.path,
          problem: "its forms hold more than the \(limit) numbers that a file of its size may")
      }
      total += count
    }
  }
}
