/// The binary version of CIFAR-10 or CIFAR-100: records of labels and 3 × 32 × 32 bytes, one after the
/// other, red before green before blue.
///
/// - Source: Krizhevsky, "Learning multiple layers of features from tiny images", 2009.
enum CIFAR: Sendable {
  case ten, hundred

  static let shape = [3, 32, 32]
  static let pixels = 3 * 32 * 32
  /// Sets whose files have more bytes than this together, inflated, are refused; the larger of the
  /// originals have 184 MB.
  static let limit = 1 << 30

  var classes: Int { self == .ten ? 10 : 100 }
  /// CIFAR-100 has a coarse label (0–19) before the fine one.
  var labelBytes: Int { self == .ten ? 1 : 2 }
  var recordLength: Int { labelBytes + Self.pixels }

  var trainingFiles: [String] {
    self == .ten ? (1...5).map { "data_batch_\($0).bin" } : ["train.bin"]
  }
  var testFile: String { self == .ten ? "test_batch.bin" : "test.bin" }

  /// The images of files that have been read; the names are for the errors.
  ///
  /// - Throws: `DatasetError.tooShort` for a file that ends within a record, `.emptySet`,
  ///   `.labelOutOfRange` with the byte.
  func images(_ files: [(path: String, bytes: [UInt8])]) throws -> ImageSet {
    var pixels: [UInt8] = []
    var labels: [UInt8] = []
    for (path, bytes) in files {
      let count = bytes.count / recordLength
      guard count > 0 || !bytes.isEmpty else { throw DatasetError.emptySet(path: path, offset: 0) }
      guard count * recordLength == bytes.count else {
        throw DatasetError.tooShort(
          path: path, expected: (count + 1) * recordLength, found: bytes.count)
      }
      pixels.reserveCapacity(pixels.count + count * Self.pixels)
      for record in 0..<count {
        let start = record * recordLength
        let position = start + labelBytes - 1
        if self == .hundred, bytes[start] >= 20 {
          throw DatasetError.labelOutOfRange(
            path: path, position: start, classes: 20, found: Int(bytes[start]))
        }
        guard bytes[position] < classes else {
          throw DatasetError.labelOutOfRange(
            path: path, position: position, classes: classes, found: Int(bytes[position]))
        }
        labels.append(bytes[position])
        pixels.append(contentsOf: bytes[start + labelBytes..<start + recordLength])
      }
    }
    return try ImageSet(shape: Self.shape, pixels: pixels, labels: labels, classes: classes)
  }
}
