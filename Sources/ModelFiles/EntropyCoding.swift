import Deflate
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

/// How many codes a tensor holds; its last byte may have room for more.
enum CodeCount: Equatable {
  case exactly(Int)
  /// Up to the last entry's: fillers, codes of all ones, are not entries. `limit` bounds them together.
  case gaps(entries: Int, limit: Int)

  /// No more codes than this.
  var limit: Int {
    switch self {
    case .exactly(let count), .gaps(_, let count): count
    }
  }
}

/// The same codes in another width; none where there are fewer, or one of them does not fit.
///
/// - Parameter width: of the codes' values in bits, at most that of either packing.
func repacked(
  _ bytes: [UInt8], from packed: Int, to other: Int, of width: Int, _ count: CodeCount
) -> [UInt8]? {
  guard packed != other else { return bytes }
  let (filler, end) = (UInt32(truncatingIfNeeded: (1 << width) - 1), 1 << width)
  var reader = BitReader(bytes)
  var writer = BitWriter()
  var (codes, entries) = (0, 0)
  func isComplete() -> Bool {
    switch count {
    case .exactly(let count): codes >= count
    case .gaps(let wanted, _): entries >= wanted
    }
  }
  while !isComplete() {
    guard let code = reader.next(width: packed), Int(code) < end, codes < count.limit else {
      return nil
    }
    writer.append(code, width: other)
    codes += 1
    if code != filler { entries += 1 }
  }
  return writer.finished()
}

extension PackedModel {
  /// The model with its codes and places deflated where that is smaller, and the bytes of these
  /// tensors before and after.
  ///
  /// - Complexity: O(bytes); about 20 MB a second.
  package func entropyCoded() throws -> (model: PackedModel, before: Int, after: Int) {
    var (before, after) = (0, 0)
    let coded = try parts.enumerated().map { index, part in
      let codes = part.form.codes(prefix: "\(index).")
      var part = part
      part.sources = try part.sources.map { tensor in
        guard let (width, count) = codes[tensor.name], width > 0, width <= 16 else {
          return tensor
        }
        var bytes: [UInt8] = []
        try tensor.provide { bytes.append(contentsOf: $0) }
        before += bytes.count
        let deflated = repacked(bytes, from: width, to: widened(width), of: width, count)
          .flatMap(ZlibStream.deflate)
        guard let deflated, deflated.count + suffix.utf8.count < bytes.count else {
          after += bytes.count
          return tensor
        }
        after += deflated.count
        return TensorSource(
          name: tensor.name + suffix, dtype: .u8, shape: [deflated.count], bytes: deflated)
      }
      return part
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
  ///   - count: how many codes there are; no more than that is inflated.
  /// - Throws: `ModelFileError` when they are not there or damaged.
  func codes(_ name: String, width: Int, _ count: CodeCount) throws -> [UInt8] {
    guard self[name] == nil, self[name + suffix] != nil, (1...16).contains(width), count.limit >= 0
    else { return try bytes(name) }
    let deflated = try bytes(name + suffix)
    let wide = widened(width)
    // Older files hold the zeros that fill the last byte as well: up to seven codes more.
    let (bits, overflow) = (count.limit.addingReportingOverflow(7).partialValue)
      .multipliedReportingOverflow(by: wide)
    // Deflate makes no more than 1,032 bytes of one.
    let limit = min(overflow || bits < 0 ? .max : bits / 8 + 1, deflated.count * 1032 + 64)
    guard let inflated = ZlibStream.inflate(deflated, atMost: limit),
      let codes = repacked(inflated, from: wide, to: width, of: width, count)
    else {
      throw ModelFileError.malformedTensor(
        path: path, tensor: name + suffix,
        expected: "deflated codes of \(width) bits, at most \(limit) bytes",
        found: "something else")
    }
    return codes
  }
}

extension StoredForm {
  /// The widths and numbers of the codes and places, by their tensors' names.
  func codes(prefix: String) -> [String: (width: Int, count: CodeCount)] {
    switch kind {
    case .codebook, .scaledCodebook, .affineCodebook, .fixedCodebook:
      return [prefix + "codes": (width ?? 0, .exactly(count))]
    case .sparse: return [prefix + "indices": (placeWidth, placeCount)]
    case .lowRank: return [:]
    case .sum:
      return (parts ?? []).enumerated().reduce(into: [:]) { all, part in
        all.merge(part.element.codes(prefix: "\(prefix)\(part.offset).")) { $1 }
      }
    }
  }

  /// The bits of a sparse place.
  var placeWidth: Int { coding == .bitmap ? 1 : width ?? 0 }

  /// How many codes tell the places.
  var placeCount: CodeCount {
    let units = max(0, blocks ?? entries ?? 0)
    switch coding {
    case .gaps:
      let filler = (1...32).contains(placeWidth) ? (1 << placeWidth) - 1 : 1
      return .gaps(entries: min(units, count), limit: min(units, count) + count / filler + 1)
    case .bitmap, nil: return .exactly(max(0, count))
    case .absolute, .strided: return .exactly(units)
    }
  }
}
