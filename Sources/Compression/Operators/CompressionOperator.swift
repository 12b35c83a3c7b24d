/// One way to find θ: solves  min cost(θ) + μ/2·‖w − Δ(θ)‖²  within its set.
///
/// Most operators have no cost: they find the nearest point of a set, whatever μ is.
/// The operators are an open set. A new one is a type that conforms to this protocol and returns
/// one of the compressed forms; nothing else changes.
public protocol CompressionOperator: Sendable, CustomStringConvertible {
  associatedtype Form: CompressedForm

  /// How the operator is written in a plan, such as `quantize(k=2)`.
  var description: String { get }

  /// Whether the parameters fit weights of that shape; asked once, before anything runs.
  ///
  /// - Throws: `CompressionError`.
  func validate(shape: [Int], view: String) throws

  /// The best θ for the target that the operator can find.
  ///
  /// - Parameters:
  ///   - target: finite weights; for LC it is w − λ/μ.
  ///   - previous: the θ of the last C step of this run, as a warm start. Where it belongs to the
  ///     operator, the result's objective is never above its.
  ///   - mu: the penalty μ of the L step, above 0; operators without a cost ignore it.
  func compress(_ target: WeightView, from previous: Form?, penalty mu: Float) throws -> Form

  /// Whether θ is a point of the operator's set, one that `compress` may return for weights of that shape.
  func belongs(_ form: Form, shape: [Int]) -> Bool

  /// The θ of the same codes, places and ranks that is nearest to a target, within the operator's set.
  ///
  /// - Throws: `CompressionError.malformedForm` when a number is no longer finite.
  func refit(_ form: Form, to target: WeightView) throws -> Form

  /// What θ costs, in units of the loss: α·R(θ) or λ·C(θ). Zero unless the operator says otherwise.
  func cost(of form: Form, in view: WeightView) -> Double

  /// The bits of θ for weights of that shape, whatever they are, with sparse places as if they were drawn at
  /// random; none where the bits follow from the weights.
  func expectedBits(shape: [Int]) -> Int?
}

extension CompressionOperator {
  public func validate(shape: [Int], view: String) throws {}
  public func belongs(_ form: Form, shape: [Int]) -> Bool { true }
  public func refit(_ form: Form, to target: WeightView) throws -> Form {
    Form(try form.representation.refitted(to: target.values)) ?? form
  }
  public func cost(of form: Form, in view: WeightView) -> Double { 0 }
  public func expectedBits(shape: [Int]) -> Int? { nil }

  /// The same for a form that is known only as one of the closed set.
  public func representation(
    of target: WeightView, from previous: Representation?, penalty mu: Float
  ) throws -> Representation {
    try compress(target, from: previous.flatMap(Form.init), penalty: mu).representation
  }

  /// Whether a form that is known only as one of the closed set is one of the operator's.
  public func belongs(_ form: Representation, shape: [Int]) -> Bool {
    Form(form).map { belongs($0, shape: shape) } ?? false
  }

  /// The refit of a form that is known only as one of the closed set.
  public func refit(_ form: Representation, to target: WeightView) throws -> Representation {
    guard let own = Form(form) else { return form }
    return try refit(own, to: target).representation
  }

  /// The cost of a form that is known only as one of the closed set.
  public func cost(of form: Representation, in view: WeightView) -> Double {
    Form(form).map { cost(of: $0, in: view) } ?? 0
  }
}
