/// How the C step's result acts on the weights.
public enum Coupling: Sendable, Equatable {
  /// Softly: Δ(θ) is what a quadratic penalty pulls the weights to. The learning-compression algorithm.
  case penalty(multipliers: Multipliers)

  /// Hard: w ← Δ(θ), and training goes on from there.
  ///
  /// With a constraint it is projected SGD whose projections come only now and then; with one
  /// projection a step, iterated direct compression. With a cost α·R(θ) it is the proximal gradient
  /// method: the C step's penalty is 1/t, t the distance that the mini-batches since the last one went
  /// (`LearningStep.reach`), so that the fixed points are those of L(w) + α·R(w) whatever the period.
  ///
  /// - Source: Lee et al., arXiv 2105.01875 and 1905.10145 (projection every so many mini-batches);
  ///   Alvarez & Salzmann, NIPS 2017 (proximal step of a nuclear norm after each epoch).
  case replacement

  /// The gradient is taken at Δ(θ), and moves the weights that θ is made of: v ← v − η·∇L(Δ(Π(v))).
  ///
  /// - Source: Hinton 2012; Bengio, Léonard & Courville, arXiv 1308.3432; Courbariaux, Bengio & David,
  ///   arXiv 1511.00363.
  case straightThrough

  /// Whether a C step ends each step of the schedule, or the period goes on into the next.
  var endsEachStep: Bool { self != .replacement }

  /// Whether w comes near to Δ(θ) by itself, so that the run may end there.
  package var isSoft: Bool { if case .penalty = self { true } else { false } }
}

/// How the multipliers λ follow the constraint w = Δ(θ).
public enum Multipliers: String, Sendable, CaseIterable {
  /// λ ≡ 0: the quadratic penalty.
  case off
  /// λ ← λ − μ·(w − Δ(θ)) after each C step: the augmented Lagrangian.
  case on
  /// λ ← λ − s·μ·(w − Δ(θ)), where s ≤ 1 is less the fewer mini-batches there are between two C steps
  /// (`LearningStep.damping`).
  case damped
}

/// What a C step may change.
public enum Freedom: Sendable, Equatable {
  /// All of θ.
  case full
  /// After direct compression, only numbers: the places of pruning, the codes and the ranks stay, and a C
  /// step, after every mini-batch, is a least-squares fit of values, codebooks and factors. With the
  /// coupling `.replacement` it is compression, then retraining.
  case fixed
  /// What pruning keeps shrinks from everything to its share s: s + (1 − s)·(1 − t)³, with t from 0 to 1
  /// over this share of the phase. Between two C steps the structure is fixed.
  ///
  /// - Source: Zhu & Gupta, arXiv 1710.01878.
  case gradual(until: Double)
}
