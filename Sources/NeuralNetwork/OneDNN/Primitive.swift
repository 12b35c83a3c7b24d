import COneDNN

/// A compiled oneDNN primitive with its arguments bound to fixed buffers.
///
/// Building one takes milliseconds, running it allocates nothing.
final class Primitive {
  /// What an argument is to the primitive.
  enum Role {
    case source, weights, bias, destination, workspace, scratchpad
    case sourceGradient, weightGradient, biasGradient, destinationGradient

    fileprivate var number: Int32 {
      switch self {
      case .source: DNNL_ARG_SRC
      case .weights: DNNL_ARG_WEIGHTS
      case .bias: DNNL_ARG_BIAS
      case .destination: DNNL_ARG_DST
      case .workspace: DNNL_ARG_WORKSPACE
      case .scratchpad: DNNL_ARG_SCRATCHPAD
      case .sourceGradient: DNNL_ARG_DIFF_SRC
      case .weightGradient: DNNL_ARG_DIFF_WEIGHTS
      case .biasGradient: DNNL_ARG_DIFF_BIAS
      case .destinationGradient: DNNL_ARG_DIFF_DST
      }
    }
  }

  /// The role, the layout, and a buffer that is as large as the layout says and outlives the primitive.
  struct Argument {
    let role: Role
    let layout: TensorLayout
    let buffer: UnsafeMutableRawPointer

    init(_ role: Role, _ layout: TensorLayout, _ buffer: UnsafeMutableRawPointer) {
      self.role = role
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
      var layout = argument.layout.description
      var memory: dnnl_memory_t?
      try check(dnnl_memory_create(&memory, &layout, engine.engine, argument.buffer), what)
      bound[index] = dnnl_exec_arg_t(arg: argument.role.number, memory: memory)
    }
  }

  /// Copies values from one layout (and type) to another.
  static func reorder(
    _ what: String, engine: Engine, from: TensorLayout, _ source: UnsafeMutableRawPointer,
    to: TensorLayout, _ target: UnsafeMutableRawPointer, keeping owned: AnyObject? = nil
  ) throws -> Primitive {
    try Primitive(
      what, engine: engine,
      PrimitiveDescription.reorder(what, engine: engine, from: from, to: to),
      [.init(.source, from, source), .init(.destination, to, target)], keeping: owned)
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
