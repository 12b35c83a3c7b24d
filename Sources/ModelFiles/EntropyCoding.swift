import CZlib
import Foundation

// Entropy coding of codes and of sparse places: the packed codes, widened to 1, 2, 4, 8 or 16 bits so that
// they do not straddle bytes, are deflated (zlib). Such a tensor's name ends in `.deflated`; where
// deflating does not pay, it stays as it is. The accounting does not know of it.

private let suffix = ".deflated"

/// The next power of two: codes of that width do not straddle bytes.
private func widened(_ width: Int) -> Int {
  var result = 1
  while result < width { result *= 2 }
  return result
}

/// The same codes in another width.
private func repacked(_ bytes: [UInt8], from width: Int, to other: Int) -> [UInt8] {
  guard width != other else { return bytes }
  var reader = BitReader(bytes)
  var writer = BitWriter()
  for _ in 0..<bytes.count * 8 / width {
    writer.append(reader.next(width: width) ?? 0, width: other)
  }
  return writer.finished()
}

extension PackedModel {
  /// The model with its codes and places deflated where that is smaller, and the bytes of these
  /// tensors before and after.
  ///
  /// - Complexity: O(bytes); about 20 MB a second.
  public func entropyCoded() throws -> (model: PackedModel, before: Int, after: Int) {
    var (before, after) = (0, 0)
    let coded = try parts.enumerated().map { index, part in
      let widths = part.description.form.codeWidths(prefix: "\(index).")
      return Part(
        description: part.description,
        tensors: try part.tensors.map { tensor in
          guard let width = widths[tensor.name], width > 0, width <= 16 else { return tensor }
          var bytes: [UInt8] = []
          try tensor.provide { bytes.append(contentsOf: $0) }
          let deflated = deflate(repacked(bytes, from: width, to: widened(width)))
          before += bytes.count
          guard let deflated, deflated.count + suffix.utf8.count < bytes.count else {
            after += bytes.count
            return tensor
          }
          after += deflated.count
          return TensorSource(
            name: tensor.name + suffix, dtype: .u8, shape: [deflated.count], bytes: deflated)
        })
    }
    return (
      PackedModel(parts: coded, plain: plain, order: order, metadata: metadata), before, after
    )
  }
}

extension SafetensorsFile {
  /// The bytes of packed codes, deflated or not.
  ///
  /// - Parameters:
  ///   - width: of a code in bits.
  ///   - count: how many codes there are at the most; no more than that is inflated.
  /// - Throws: `ModelFileError` when they are not there or damaged.
  func codes(_ name: String, width: Int, atMost count: Int) throws -> [UInt8] {
    guard self[name] == nil, self[name + suffix] != nil, (1...16).contains(width), count >= 0 else {
      return try bytes(name)
    }
    let deflated = try bytes(name + suffix)
    let wide = widened(width)
    let (bits, overflow) = count.multipliedReportingOverflow(by: wide)
    // Deflate makes no more than 1,032 bytes of one.
    let limit = min(overflow ? .max : bits / 8 + 2, deflated.count * 1032 + 64)
    guard let inflated = inflate(deflated, atMost: limit) else {
      throw ModelFileError.malformedTensor(
        path: path, tensor: name + suffix, expected: "deflated codes of at most \(limit) bytes",
        found: "something else")
    }
    return repacked(inflated, from: wide, to: width)
  }
}

extension StoredForm {
  /// The widths of the codes and places, by their tensors' names.
  func codeWidths(prefix: String) -> [String: Int] {
    switch kind {
    case .codebook, .scaledCodebook, .affineCodebook, .fixedCodebook:
      return [prefix + "codes": width ?? 0]
    case .sparse: return [prefix + "indices": coding == .bitmap ? 1 : width ?? 0]
    case .lowRank: return [:]
    case .sum:
      return (parts ?? []).enumerated().reduce(into: [:]) { all, part in
        all.merge(part.element.codeWidths(prefix: "\(prefix)\(part.offset).")) { $1 }
      }
    }
  }

  /// How many codes the places take at the most: gaps may have fillers.
  var placeLimit: Int {
    guard let entries, coding != .bitmap else { return count }
    guard coding == .gaps, let width, (1...32).contains(width) else { return max(0, entries) }
    return max(0, min(entries, count)) + count / ((1 << width) - 1) + 1
  }
}

private func deflate(_ bytes: [UInt8]) -> [UInt8]? {
  let bound = compressBound(uLong(bytes.count))
  var size = bound
  var status = Z_OK
  let result = [UInt8](unsafeUninitializedCapacity: Int(bound)) { buffer, count in
    status = compress2(buffer.baseAddress, &size, bytes, uLong(bytes.count), 9)
    count = status == Z_OK ? Int(size) : 0
  }
  return status == Z_OK ? result : nil
}

private func inflate(_ bytes: [UInt8], atMost limit: Int) -> [UInt8]? {
  var size = uLong(limit)
  var status = Z_OK
  let result = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
    status = uncompress(buffer.baseAddress, &size, bytes, uLong(bytes.count))
    count = status == Z_OK ? Int(size) : 0
  }
  return status == Z_OK ? result : nil
}
