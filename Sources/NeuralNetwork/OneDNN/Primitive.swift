import COneDNN

/// A compiled oneDNN primitive with its arguments bound to fixed buffers.
///
/// Building one takes milliseconds, running it allocates nothing.
final class Primitive {
  private let engine: Engine
  private let primitive: dnnl_primitive_t
  private let arguments: UnsafeMutableBufferPointer<dnnl_exec_arg_t>
  private let what: String

  /// - Parameter arguments: oneDNN's argument numbers, the layouts, and the buffers. The buffers
  ///   must be as large as their layouts say and outlive the primitive.
  init(
    _ what: String, engine: Engine, description: dnnl_primitive_desc_t,
    arguments: [(number: Int32, layout: dnnl_memory_desc_t, buffer: UnsafeMutablePointer<Float>)]
  ) throws {
    var primitive: dnnl_primitive_t?
    try check(dnnl_primitive_create(&primitive, description), what)
    guard let primitive else { throw NeuralNetworkError.primitiveFailed(what: what, status: -1) }
    self.engine = engine
    self.primitive = primitive
    self.what = what
    let bound = UnsafeMutableBufferPointer<dnnl_exec_arg_t>.allocate(capacity: arguments.count)
    self.arguments = bound
    bound.initialize(repeating: dnnl_exec_arg_t())
    for (index, argument) in arguments.enumerated() {
      var layout = argument.layout
      var memory: dnnl_memory_t?
      try check(
        dnnl_memory_create(
          &memory, &layout, engine.engine, UnsafeMutableRawPointer(argument.buffer)),
        what)
      bound[index] = dnnl_exec_arg_t(arg: argument.number, memory: memory)
    }
  }

  deinit {
    for argument in arguments { dnnl_memory_destroy(argument.memory) }
    arguments.deallocate()
    dnnl_primitive_destroy(primitive)
  }

  func run() throws {
    try check(
      dnnl_primitive_execute(
        primitive, engine.stream, Int32(arguments.count), arguments.baseAddress), what)
  }
}
