/// The best symmetric grid, by trying every set of codes that a spacing can give.
///
/// With u one over the spacing, the code of |x| rises from k − 1 to k where u = (k − ½)/|x|. Between two
/// such places the codes stay, and the best spacing for them gains (Σ q·|x|)² / Σ q². The places are
/// visited in order, the two sums kept.
enum SymmetricGrid {
  /// Up to that many places are tried.
  static func tries(points: Int, levels: Int, atMost limit: Int) -> Bool {
    let (places, overflow) = points.multipliedReportingOverflow(by: levels)
    return !overflow && places <= limit
  }

  /// The spacing of the levels −Q … Q that is nearest to weighted points; exact.
  ///
  /// - Complexity: O(n·Q·log(n·Q)).
  static func bestStep(_ points: [Float], _ weights: [Float], levels: Int) -> Double {
    var places: [(u: Float, point: Int32, code: Int32)] = []
    places.reserveCapacity(points.count * levels)
    for (index, point) in points.enumerated() where point != 0 && weights[index] > 0 {
      let inverse = 1 / abs(point)
      for code in 1...levels {
        places.append(((Float(code) - 0.5) * inverse, Int32(index), Int32(code)))
      }
    }
    // A point's codes rise one by one, those of equal places too.
    places.sort { $0.u != $1.u ? $0.u < $1.u : $0.code < $1.code }
    var (product, square) = (0.0, 0.0)
    var best = (gain: 0.0, step: 0.0)
    for place in places {
      let weight = Double(weights[Int(place.point)])
      product += weight * Double(abs(points[Int(place.point)]))
      square += weight * Double(2 * place.code - 1)
      let gain = product * product / square
      if gain > best.gain { best = (gain, product / square) }
    }
    return best.step
  }
}
