import COneDNN

/// oneDNN's descriptions of how tensors lie in memory.
enum TensorLayout {
  /// [batch, channels, height, width], in one of the two orders.
  static func image(
    batch: Int, _ shape: ImageShape, _ arrangement: NetworkGraph.Arrangement,
    type: dnnl_data_type_t
  ) throws -> dnnl_memory_desc_t {
    try tagged(
      [batch, shape.channels, shape.height, shape.width],
      arrangement == .channelsLast ? dnnl_nhwc : dnnl_nchw, type)
  }

  /// A convolution's weights: [channels, inputs, kernel, kernel], or [groups, channels / groups,
  /// inputs / groups, kernel, kernel]; row-major in the arena, or whatever the primitive prefers.
  static func kernel(
    _ convolution: Convolution, inputs: Int, type: dnnl_data_type_t, preferred: Bool
  ) throws -> dnnl_memory_desc_t {
    let size = convolution.window.size
    let groups = convolution.groups
    let sizes =
      groups == 1
      ? [convolution.channels, inputs, size, size]
      : [groups, convolution.channels / groups, inputs / groups, size, size]
    let tag = groups == 1 ? dnnl_oihw : dnnl_goihw
    return try tagged(sizes, preferred ? dnnl_format_tag_any : tag, type)
  }

  /// The weights of a convolution without groups as [channels, kernel, kernel, inputs].
  static func orderedKernel(_ convolution: Convolution, inputs: Int) throws -> dnnl_memory_desc_t {
    let size = convolution.window.size
    return try tagged([convolution.channels, inputs, size, size], dnnl_ohwi, dnnl_f32)
  }

  static func bytes(_ layout: dnnl_memory_desc_t) -> Int {
    withUnsafePointer(to: layout) { dnnl_memory_desc_get_size($0) }
  }

  static func equal(_ first: dnnl_memory_desc_t, _ second: dnnl_memory_desc_t) -> Bool {
    withUnsafePointer(to: first) { first in
      withUnsafePointer(to: second) { dnnl_memory_desc_equal(first, $0) != 0 }
    }
  }

  static func vector(_ count: Int) throws -> dnnl_memory_desc_t {
    try tagged([count], dnnl_x, dnnl_f32)
  }

  private static func tagged(_ sizes: [Int], _ tag: dnnl_format_tag_t, _ type: dnnl_data_type_t)
    throws -> dnnl_memory_desc_t
  {
    var description = dnnl_memory_desc_t()
    try check(
      dnnl_memory_desc_init_by_tag(
        &description, Int32(sizes.count), sizes.map { dnnl_dim_t($0) }, type, tag),
      "a tensor \(sizes)")
    return description
  }
}
