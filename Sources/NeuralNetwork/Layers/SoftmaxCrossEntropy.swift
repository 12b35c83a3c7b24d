import Foundation

/// The loss −log softmax(scores)[label], its gradient, and the number of wrong answers.
enum SoftmaxCrossEntropy {
  struct Result {
    /// Σ of the losses of the batch.
    var loss = 0.0
    /// How many inputs' largest score is not their label's; a NaN score is wrong.
    var wrong = 0
  }

  /// - Parameters:
  ///   - scores: [batch, classes].
  ///   - smoothing: the share ε of label smoothing: the target is 1 − ε at the label and ε / classes
  ///     everywhere in addition.
  ///   - gradient: receives ∂(mean loss)/∂scores, or none.
  static func evaluate(
    _ scores: UnsafeBufferPointer<Float>, labels: UnsafeBufferPointer<Int32>, classes: Int,
    smoothing: Float = 0, gradient: UnsafeMutableBufferPointer<Float>?
  ) -> Result {
    let batch = labels.count
    precondition(scores.count == batch * classes)
    precondition(gradient.map { $0.count == scores.count } ?? true)
    var result = Result()
    let share = 1 / Float(max(1, batch))
    let miss = smoothing / Float(max(1, classes))
    let hit = 1 - smoothing + miss
    for row in 0..<batch {
      let start = row * classes
      let label = Int(labels[row])
      var largest = scores[start]
      var best = 0
      for index in 1..<max(1, classes) where scores[start + index] > largest {
        largest = scores[start + index]
        best = index
      }
      var total: Float = 0
      for index in 0..<classes { total += exp(scores[start + index] - largest) }
      let score = scores[start + label] - largest
      result.loss += Double(log(total) - score)
      if smoothing > 0 {
        // (1 − ε)·(log Σ − s) + ε·(log Σ − mean of the scores)
        var mean: Float = 0
        for index in 0..<classes { mean += scores[start + index] - largest }
        result.loss += Double(smoothing * (score - mean / Float(classes)))
      }
      if best != label || score.isNaN { result.wrong += 1 }
      if let gradient {
        for index in 0..<classes {
          let probability = exp(scores[start + index] - largest) / total
          gradient[start + index] = share * (probability - (index == label ? hit : miss))
        }
      }
    }
    return result
  }
}
