import LinearAlgebra

/// A tensor that is to be written, and where its values come from.
public struct TensorSource: Sendable {
  /// The tensor's name; no two of a file are the same, byte for byte.
  public let name: String
  /// How each value is stored.
  public let dtype: ElementType
  /// The sizes of the dimensions, slowest first; empty for a single value.
  public let shape: [Int]
  /// Hands over the values, row-major and little-endian, in pieces of any size.
  let provide: Provider

  /// Calls its argument with one piece of the values after the other.
  public typealias Provider =
    @Sendable (_ piece: (UnsafeRawBufferPointer) throws -> Void) throws -> Void

  /// A tensor whose values are made while they are written.
  ///
  /// - Parameter provide: Hands over the values, row-major and little-endian, in pieces of any
  ///   size. It is called once a file; a wrong number of bytes makes the writing fail.
  public init(
    name: String, dtype: ElementType, shape: [Int], provide: @escaping Provider
  ) {
    self.name = name
    self.dtype = dtype
    self.shape = shape
    self.provide = provide
  }

  /// A tensor of values that are stored as they are.
  public init(name: String, dtype: ElementType, shape: [Int], bytes: [UInt8]) {
    self.init(name: name, dtype: dtype, shape: shape) { piece in
      try bytes.withUnsafeBytes(piece)
    }
  }

  /// An F32 tensor.
  public init(name: String, shape: [Int], floats: [Float]) {
    self.init(name: name, dtype: .f32, shape: shape) { piece in
      try floats.withUnsafeBytes(piece)
    }
  }

  /// The size of the values.
  ///
  /// - Throws: `ModelFileError.cannotWrite` when it does not fit an `Int`.
  func byteCount(path: String) throws -> Int {
    guard let size = tensorSize(shape, dtype) else {
      throw cannotWrite(path, "the shape \(described(shape)) is impossible")
    }
    return size.byteCount
  }

  /// Appends the values to a file and hands every piece to `inspect` as well.
  func write(
    to writer: inout AtomicFile.Writer, inspect: (UnsafeRawBufferPointer) -> Void = { _ in }
  ) throws {
    let expected = try byteCount(path: writer.path)
    let start = writer.count
    try provide { piece in
      inspect(piece)
      try writer.append(piece)
    }
    guard writer.count - start == expected else {
      throw cannotWrite(
        writer.path,
        "expected \(expected) bytes for \(dtype.rawValue) \(described(shape)), "
          + "found \(writer.count - start)")
    }
  }

  func cannotWrite(_ path: String, _ problem: String) -> ModelFileError {
    .cannotWrite(path: path, reason: "tensor '\(name)': \(problem)")
  }

  /// - Throws: `ModelFileError.cannotWrite` when a name stands twice.
  static func requireDistinctNames(_ tensors: [TensorSource], path: String) throws {
    var names: Set<ExactName> = []
    for tensor in tensors where !names.insert(ExactName(tensor.name)).inserted {
      throw tensor.cannotWrite(path, "the name stands twice")
    }
  }
}
