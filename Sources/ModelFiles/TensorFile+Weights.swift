import LinearAlgebra

extension TensorFile {
  /// A tensor's values as floats, which hold them to a float's precision.
  ///
  /// - Throws: `ModelFileError.malformedTensor` where a value is not finite as a float, or all are so small
  ///   that floats lose their digits.
  func weights(_ name: String) throws -> [Float] {
    func unfit(_ found: String) -> ModelFileError {
      .malformedTensor(
        path: path, tensor: name, expected: "finite numbers within the range of 32-bit floats",
        found: found)
    }
    let values = try floats(name)
    guard values.isFinite else {
      let place = values.firstIndex { !$0.isFinite } ?? 0
      throw unfit(
        values[place].isNaN
          ? "NaN at place \(place)" : "infinity, or a number beyond that range, at place \(place)")
    }
    // Beside larger ones small numbers may well be rounded.
    let largest = values.reduce(0) { max($0, abs($1)) }
    if largest < .leastNormalMagnitude, let exact = try largestDouble(name), exact > 0,
      exact != Double(largest) || largest == 0
    {
      throw unfit("no number larger than \(exact)")
    }
    return values
  }

  /// The largest magnitude of a tensor of doubles; none of others.
  private func largestDouble(_ name: String) throws -> Double? {
    guard tensors.first(where: { ExactName($0.name) == ExactName(name) })?.dtype == .f64 else {
      return nil
    }
    return try bytes(name).withUnsafeBytes { raw in
      stride(from: 0, to: raw.count - 7, by: 8).reduce(0) {
        let bits = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: $1, as: UInt64.self))
        return max($0, abs(Double(bitPattern: bits)))
      }
    }
  }
}
