extension Evaluation {
  /// Of sums over `count` inputs.
  public init(loss: Double, wrong: Int, count: Int) {
    let count = Double(max(1, count))
    self.init(loss: loss / count, errorPercent: 100 * Double(wrong) / count)
  }
}

/// Σ of the cross-entropy losses of scores [batch, classes], and how many are wrong.
///
/// - Precondition: there are `labels.count · classes` scores, and labels are below `classes`.
package func crossEntropy(of scores: [Float], labels: [Int32], classes: Int) -> (
  loss: Double, wrong: Int
) {
  precondition(labels.allSatisfy { (0..<Int32(classes)).contains($0) })
  return scores.withUnsafeBufferPointer { scores in
    labels.withUnsafeBufferPointer { labels in
      let result = SoftmaxCrossEntropy.evaluate(
        scores, labels: labels, classes: classes, gradient: nil)
      return (result.loss, result.wrong)
    }
  }
}
