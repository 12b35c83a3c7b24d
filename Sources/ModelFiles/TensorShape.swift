import LinearAlgebra

extension CompressedModel {
  /// A tensor's name, its shape, and the type that its source had.
  public struct TensorShape: Sendable, Equatable {
    /// The tensor's name; names are their bytes.
    public let name: String
    /// The sizes of the dimensions, slowest first; empty for a single value.
    public let shape: [Int]
    /// How the source stored it.
    public let dtype: ElementType
    /// The number of values, the product of the shape.
    public var count: Int { shape.reduce(1, *) }
    /// What the values took there.
    public var sourceBits: Int { count * dtype.bitCount }

    /// A tensor of that name and shape, of a source with 32-bit floats by default.
    public init(_ name: String, _ shape: [Int], dtype: ElementType = .f32) {
      self.name = name
      self.shape = shape
      self.dtype = dtype
    }

    /// Whether name, byte for byte, shape and type are the same.
    public static func == (a: TensorShape, b: TensorShape) -> Bool {
      ExactName(a.name) == ExactName(b.name) && a.shape == b.shape && a.dtype == b.dtype
    }
  }
}

/// In files the type stands only where it is not F32.
extension CompressedModel.TensorShape: Codable {
  private enum CodingKeys: CodingKey { case name, shape, dtype }

  /// Decodes a tensor; the type is F32 where none is said.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      try container.decode(String.self, forKey: .name),
      try container.decode([Int].self, forKey: .shape),
      dtype: try container.decodeIfPresent(ElementType.self, forKey: .dtype) ?? .f32)
  }

  /// Encodes a tensor, with the type where it is not F32.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(shape, forKey: .shape)
    if dtype != .f32 { try container.encode(dtype, forKey: .dtype) }
  }
}
