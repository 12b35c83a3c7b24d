/// A sum of two doubles, about 106 bits: prefix sums of squares lose the small weights behind large
/// ones in less.
struct Wide {
  var high: Double
  var low: Double

  init(_ high: Double, _ low: Double = 0) {
    self.high = high
    self.low = low
  }

  @inline(__always)
  static func + (a: Wide, b: Wide) -> Wide {
    let sum = a.high + b.high
    let part = sum - a.high
    let error = (a.high - (sum - part)) + (b.high - part) + a.low + b.low
    let high = sum + error
    return Wide(high, error - (high - sum))
  }

  @inline(__always)
  static func - (a: Wide, b: Wide) -> Wide { a + Wide(-b.high, -b.low) }

  @inline(__always)
  static func * (a: Wide, b: Double) -> Wide {
    let product = a.high * b
    let error = (-product).addingProduct(a.high, b) + a.low * b
    let high = product + error
    return Wide(high, error - (high - product))
  }
}
