/// One way to find θ: solves  min ‖w − Δ(θ)‖²  within its set, or with its penalty.
///
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
  ///   - previous: the θ of the last C step of this run, as a warm start. The result is never
  ///     further from the target than `previous` is.
  ///   - mu: the penalty μ of the L step; operators that solve a constrained problem ignore it.
  func compress(_ target: WeightView, from previous: Form?, penalty mu: Float) throws -> Form
}

extension CompressionOperator {
  public func validate(shape: [Int], view: String) throws {}

  /// The same for a form that is known only as one of the closed set.
  public func representation(
    of target: WeightView, from previous: Representation?, penalty mu: Float
  ) throws -> Representation {
    try compress(target, from: previous.flatMap(Form.init), penalty: mu).representation
  }
}
