import Compression
import LinearAlgebra

/// A tensor that is stored as it is, in its own type.
public struct PlainTensor: Sendable, Equatable {
  /// Its name, its shape and its type.
  public let shape: CompressedModel.TensorShape
  /// The values, row-major and little-endian, as safetensors files have them.
  public let bytes: [UInt8]

  /// A tensor of bytes as safetensors files have them.
  ///
  /// - Throws: `CompressionError.malformedForm` when the bytes are not as many as the shape and the type
  ///   say.
  public init(_ shape: CompressedModel.TensorShape, bytes: [UInt8]) throws {
    guard let size = tensorSize(shape.shape, shape.dtype), size.byteCount == bytes.count else {
      throw CompressionError.malformedForm(
        "\(bytes.count) bytes for '\(shape.name)', \(shape.dtype.rawValue) \(described(shape.shape))"
      )
    }
    self.init(unchecked: shape, bytes: bytes)
  }

  /// A tensor whose number of bytes is known to be right.
  init(unchecked shape: CompressedModel.TensorShape, bytes: [UInt8]) {
    self.shape = shape
    self.bytes = bytes
  }

  /// An F32 tensor.
  ///
  /// - Precondition: `floats.count` is the product of the shape.
  public init(_ name: String, _ shape: [Int], floats: some Sequence<Float>) {
    let bytes =
      floats.withContiguousStorageIfAvailable { [UInt8](UnsafeRawBufferPointer($0)) }
      ?? floats.flatMap { withUnsafeBytes(of: $0.bitPattern.littleEndian, Array.init) }
    self.init(unchecked: .init(name, shape), bytes: bytes)
    precondition(bytes.count == 4 * self.shape.count)
  }

  /// The values as floats, rounded where the type is wider; none where it has no conversion, as 8-bit
  /// floats and complex numbers.
  public var floats: [Float]? {
    let dtype = shape.dtype
    guard dtype.isNumeric else { return nil }
    let count = bytes.count / dtype.byteCount
    return [Float](unsafeUninitializedCapacity: count) { floats, initialized in
      bytes.withUnsafeBytes {
        dtype.convert(
          $0, .littleEndian, to: UnsafeMutableBufferPointer(rebasing: floats[..<count]))
      }
      initialized = count
    }
  }

  /// The same values in another floating type, and how many had to be rounded; none where the values
  /// are not floats.
  ///
  /// - Throws: `CompressionError.malformedForm` when a value is beyond the type's range.
  package func converted(to dtype: ElementType) throws -> (tensor: PlainTensor, rounded: Int)? {
    guard let floats else { return nil }
    var (bytes, rounded): ([UInt8], Int) = ([], 0)
    bytes.reserveCapacity(floats.count * dtype.byteCount)
    for value in floats {
      let back: Float
      switch dtype {
      case .f16:
        let bits = HalfPrecision.f16(value)
        bytes.append(littleEndian: bits)
        back = HalfPrecision.float(f16: bits)
      case .bf16:
        let bits = HalfPrecision.bf16(value)
        bytes.append(littleEndian: bits)
        back = HalfPrecision.float(bf16: bits)
      case .f64:
        bytes.append(littleEndian: Double(value).bitPattern)
        back = value
      case .f32:
        bytes.append(littleEndian: value.bitPattern)
        back = value
      default: return nil
      }
      guard back.isFinite || !value.isFinite else {
        throw CompressionError.malformedForm(
          "'\(shape.name)' holds \(value), which is beyond the range of \(dtype.rawValue); "
            + "32-bit floats hold it, without --dtype source")
      }
      rounded += back == value || value.isNaN ? 0 : 1
    }
    let other = CompressedModel.TensorShape(shape.name, shape.shape, dtype: dtype)
    return (PlainTensor(unchecked: other, bytes: bytes), rounded)
  }

  /// The tensor on its way to a file.
  package var source: TensorSource { source(named: shape.name) }

  func source(named name: String) -> TensorSource {
    TensorSource(name: name, dtype: shape.dtype, shape: shape.shape, bytes: bytes)
  }
}
