import COneDNN

/// A compiled oneDNN primitive with its arguments bound to fixed buffers.
///
/// Building one takes milliseconds, running it allocates nothing.
final class Primitive {
  /// oneDNN's argument number, the layout, and a buffer that is as large as the layout says and
  /// outlives the primitive.
  struct Argument {
    let number: Int32
    let layout: dnnl_memory_desc_t
    let buffer: UnsafeMutableRawPointer

    init(_ number: Int32, _ layout: dnnl_memory_desc_t, _ buffer: UnsafeMutableRawPointer) {
      self.number = number
      self.layout = layout
      self.buffer = buffer
    }
  }

  private let engine: Engine
  private let primitive: dnnl_primitive_t
  private let arguments: UnsafeMutableBufferPointer<dnnl_exec_arg_t>
  private let what: String
  /// What holds a buffer among the arguments that nothing else owns.
  private let owned: AnyObject?

  init(
    _ what: String, engine: Engine, _ description: PrimitiveDescription, _ arguments: [Argument],
    keeping owned: AnyObject? = nil
  ) throws {
    var primitive: dnnl_primitive_t?
    try withExtendedLifetime(description) {
      try check(dnnl_primitive_create(&primitive, description.description), what)
    }
    guard let primitive else { throw NeuralNetworkError.primitiveFailed(what: what, status: -1) }
    self.engine = engine
    self.primitive = primitive
    self.what = what
    self.owned = owned
    let bound = UnsafeMutableBufferPointer<dnnl_exec_arg_t>.allocate(capacity: arguments.count)
    self.arguments = bound
    bound.initialize(repeating: dnnl_exec_arg_t())
    for (index, argument) in arguments.enumerated() {
      var layout = argument.layout
      var memory: dnnl_memory_t?
      try check(dnnl_memory_create(&memory, &layout, engine.engine, argument.buffer), what)
      bound[index] = dnnl_exec_arg_t(arg: argument.number, memory: memory)
    }
  }

  /// Copies values from one layout (and type) to another.
  static func reorder(
    _ what: String, engine: Engine, from: dnnl_memory_desc_t, _ source: UnsafeMutableRawPointer,
    to: dnnl_memory_desc_t, _ target: UnsafeMutableRawPointer, keeping owned: AnyObject? = nil
  ) throws -> Primitive {
    try Primitive(
      what, engine: engine,
      PrimitiveDescription.reorder(what, engine: engine, from: from, to: to),
      [.init(DNNL_ARG_FROM, from, source), .init(DNNL_ARG_TO, to, target)], keeping: owned)
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

/// A primitive's description, which knows the layouts that it prefers.
final class PrimitiveDescription {
  fileprivate let description: dnnl_primitive_desc_t

  /// - Parameters:
  ///   - descriptor: points to one of oneDNN's operation descriptors.
  ///   - hint: the forward pass's, for a backward pass.
  init(
    _ what: String, engine: Engine, _ descriptor: UnsafeRawPointer,
    then after: PostOperations? = nil, hint: PrimitiveDescription? = nil
  ) throws {
    var made: dnnl_primitive_desc_t?
    // oneDNN copies what it needs of the attributes and the hint, so they must live until then only.
    try withExtendedLifetime((after, hint)) {
      try check(
        dnnl_primitive_desc_create(
          &made, descriptor, after?.attributes, engine.engine, hint?.description), what)
    }
    guard let made else { throw NeuralNetworkError.primitiveFailed(what: what, status: -1) }
    description = made
  }

  private init(_ description: dnnl_primitive_desc_t) { self.description = description }

  deinit { dnnl_primitive_desc_destroy(description) }

  fileprivate static func reorder(
    _ what: String, engine: Engine, from: dnnl_memory_desc_t, to: dnnl_memory_desc_t
  ) throws -> PrimitiveDescription {
    var from = from
    var to = to
    var made: dnnl_primitive_desc_t?
    try check(
      dnnl_reorder_primitive_desc_create(&made, &from, engine.engine, &to, engine.engine, nil), what
    )
    guard let made else { throw NeuralNetworkError.primitiveFailed(what: what, status: -1) }
    return PrimitiveDescription(made)
  }

  /// The layout of one of its tensors.
  func layout(_ query: dnnl_query_t, _ what: String) throws -> dnnl_memory_desc_t {
    // The pointer is into the description, which must live until the copy is made.
    try withExtendedLifetime(self) {
      guard let found = dnnl_primitive_desc_query_md(description, query, 0) else {
        throw NeuralNetworkError.primitiveFailed(what: what, status: -1)
      }
      return found.pointee
    }
  }
}

/// Room that primitives use while they run, one after the other.
final class Scratchpad {
  private var buffers: [Buffer] = []
  private var bytes = 0

  func room(_ wanted: Int) -> UnsafeMutableRawPointer {
    if let last = buffers.last, wanted <= bytes { return last.pointer }
    let made = Buffer(bytes: wanted)
    buffers.append(made)
    bytes = wanted
    return made.pointer
  }
}
