/// One way to find θ: solves  min cost(θ) + μ/2·‖w − Δ(θ)‖²  within its set.
///
/// Most operators have no cost: they find the nearest point of a set, whatever μ is.
/// The operators are an open set. A new one is a type that conforms to this protocol and returns
/// one of the compressed forms; nothing else changes.
public protocol CompressionOperator: Sendable, CustomStringConvertible {
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
  func compress(_ target: WeightView, from previous: CompressedForm?, penalty mu: Float) throws
    -> CompressedForm

  /// Whether θ is a point of the operator's set, one that `compress` may return for weights of that shape.
  func belongs(_ form: CompressedForm, shape: [Int]) -> Bool

  /// The θ of the same codes, places and ranks that is nearest to a target, within the operator's set;
  /// a form that is none of the operator's stays as it is.
  ///
  /// - Throws: `CompressionError.malformedForm` when a number is no longer finite.
  func refit(_ form: CompressedForm, to target: WeightView) throws -> CompressedForm

  /// What θ costs, in units of the loss: α·R(θ) or λ·C(θ). Zero unless the operator says otherwise.
  func cost(of form: CompressedForm, in view: WeightView) -> Double

  /// The bits of θ for weights of that shape, whatever they are, with sparse places as if they were drawn at
  /// random; none where the bits follow from the weights.
  func expectedBits(shape: [Int]) -> Int?
}

extension CompressionOperator {
  /// Takes weights of every shape.
  public func validate(shape: [Int], view: String) throws {}

  /// Takes every form for a point of the set, which is right for an operator without constraints
  /// only: a sum goes on from a part's last θ where it belongs.
  public func belongs(_ form: CompressedForm, shape: [Int]) -> Bool { true }

  /// Fits the numbers by least squares and keeps codes, places and ranks
  /// (`CompressedForm.refitted(to:)`), for sets that do not bound the numbers.
  ///
  /// - Complexity: O(n); factors O(m·n·r).
  public func refit(_ form: CompressedForm, to target: WeightView) throws -> CompressedForm {
    try form.refitted(to: target.values)
  }

  /// 0: the nearest point of the set is looked for, whatever μ is.
  public func cost(of form: CompressedForm, in view: WeightView) -> Double { 0 }

  /// None: the bits follow from the weights.
  public func expectedBits(shape: [Int]) -> Int? { nil }
}
