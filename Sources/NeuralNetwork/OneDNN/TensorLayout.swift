import COneDNN

/// How a tensor lies in memory, as oneDNN describes it.
struct TensorLayout: Equatable {
  let description: dnnl_memory_desc_t

  init(_ description: dnnl_memory_desc_t) { self.description = description }

  /// [batch, channels, height, width], in one of the two orders.
  static func image(
    batch: Int, _ shape: ImageShape, _ arrangement: NetworkGraph.Arrangement,
    _ precision: Precision
  ) throws -> TensorLayout {
    try TensorLayout(
      [batch, shape.channels, shape.height, shape.width],
      arrangement == .channelsLast ? dnnl_nhwc : dnnl_nchw, precision)
  }

  /// A convolution's weights: [channels, inputs, kernel, kernel], or [groups, channels / groups,
  /// inputs / groups, kernel, kernel]; row-major in the arena, or whatever the primitive prefers.
  static func kernel(
    _ convolution: Convolution, inputs: Int, _ precision: Precision, preferred: Bool
  ) throws -> TensorLayout {
    let size = convolution.window.size
    let groups = convolution.groups
    let sizes =
      groups == 1
      ? [convolution.channels, inputs, size, size]
      : [groups, convolution.channels / groups, inputs / groups, size, size]
    let tag = groups == 1 ? dnnl_oihw : dnnl_goihw
    return try TensorLayout(sizes, preferred ? dnnl_format_tag_any : tag, precision)
  }

  /// The weights of a convolution without groups as [channels, kernel, kernel, inputs].
  static func orderedKernel(_ convolution: Convolution, inputs: Int) throws -> TensorLayout {
    let size = convolution.window.size
    return try TensorLayout([convolution.channels, inputs, size, size], dnnl_ohwi, .float32)
  }

  static func vector(_ count: Int) throws -> TensorLayout {
    try TensorLayout([count], dnnl_x, .float32)
  }

  /// A rows × columns matrix that is stored row-major, or whose transpose is.
  static func matrix(_ rows: Int, _ columns: Int, transposed: Bool = false) throws -> TensorLayout {
    var description = dnnl_memory_desc_t()
    let sizes = [dnnl_dim_t(rows), dnnl_dim_t(columns)]
    let strides = transposed ? [1, dnnl_dim_t(rows)] : [dnnl_dim_t(columns), 1]
    try check(
      dnnl_memory_desc_init_by_strides(&description, 2, sizes, dnnl_f32, strides),
      "a \(rows) × \(columns) matrix")
    return TensorLayout(description)
  }

  private init(_ sizes: [Int], _ tag: dnnl_format_tag_t, _ precision: Precision) throws {
    var description = dnnl_memory_desc_t()
    try check(
      dnnl_memory_desc_init_by_tag(
        &description, Int32(sizes.count), sizes.map { dnnl_dim_t($0) }, precision.type, tag),
      "a tensor \(sizes)")
    self.description = description
  }

  var bytes: Int { withUnsafePointer(to: description) { dnnl_memory_desc_get_size($0) } }

  static func == (first: TensorLayout, second: TensorLayout) -> Bool {
    withUnsafePointer(to: first.description) { first in
      withUnsafePointer(to: second.description) { dnnl_memory_desc_equal(first, $0) != 0 }
    }
  }
}
