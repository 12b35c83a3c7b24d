extension ResolvedPlan {
  /// Whether there is pruning that can grow.
  public var isGradual: Bool {
    problems.contains { problem in
      let parts = (problem.operator as? CompressionSum)?.parts ?? [problem.operator]
      return parts.contains { $0 is any GradualOperator }
    }
  }

  /// The plan as it is at a time t from 0, where pruning keeps everything, to 1.
  public func gradual(_ time: Double) -> ResolvedPlan {
    ResolvedPlan(
      written,
      problems.map { problem in
        (problem.operator as? any GradualOperator)
          .map { problem.with($0.at(time: time, for: problem.shape)) } ?? problem
      })
  }
}
