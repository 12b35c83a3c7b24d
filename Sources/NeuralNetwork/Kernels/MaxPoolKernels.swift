import LinearAlgebra

/// The largest value of windows that lie side by side, channels-last.
///
/// The first of equal values wins, as in PyTorch; which one it was is kept in 16 bits an output.
/// oneDNN's primitive took two to three times as long as a slower version of this.
struct MaxPoolKernels<Element: ActivationElement> {
  typealias Values = UnsafePointer<Element>
  typealias Results = UnsafeMutablePointer<Element>
  /// The number of the winner within its window, row by row.
  typealias Places = UnsafeMutablePointer<BFloat16>

  let batch: Int
  let input: ImageShape
  let output: ImageShape
  /// The window's side, at most 15.
  let size: Int

  private var channels: Int { input.channels }
  private var inputRow: Int { input.width * input.channels }
  private var outputRow: Int { output.width * output.channels }
  /// Rows of the output of all images, and how many are worth a thread.
  private var rows: Int { batch * output.height }
  private var grain: Int { max(1, 16_384 / max(1, inputRow)) }

  /// Where the windows of a row of the output begin.
  private func top(_ row: Int) -> Int {
    (row / output.height * input.height + row % output.height * size) * inputRow
  }

  /// - Parameter places: room for as many as `y` has.
  func forward(_ x: Values, into y: Results, places: Places?) {
    parallel(over: rows, grain: grain) { part in
      for row in part {
        let from = x + top(row)
        let to = row * outputRow
        for column in 0..<output.width {
          forwardWindow(
            from + column &* size &* channels, into: y + (to &+ column &* channels),
            places: places.map { $0 + (to &+ column &* channels) })
        }
      }
    }
  }

  /// One window, all channels. The last eight may overlap those before: what is written twice is the
  /// same.
  @inline(__always)
  private func forwardWindow(_ x: Values, into y: Results, places: Places?) {
    var next = 0
    while next < channels, channels >= 8 {
      let channel = min(next, channels &- 8)
      let (best, place) =
        size == 2 ? largestOfFour(x + channel) : largest(x + channel)
      Element.store8(best, y + channel)
      if let places { BFloat16.storeUpper8(place, places + channel) }
      next &+= 8
    }
    while next < channels {
      var best = x[next].float
      var place: Float = 0
      for i in 0..<size {
        for j in 0..<size {
          let value = x[i &* inputRow &+ j &* channels &+ next].float
          if value > best {
            best = value
            place = Float(i &* size &+ j)
          }
        }
      }
      y[next] = Element(rounding: best)
      places?[next] = BFloat16(rounding: place)
      next &+= 1
    }
  }

  @inline(__always)
  private func largestOfFour(_ x: Values) -> (SIMD8<Float>, place: SIMD8<Float>) {
    let a = Element.load8(x)
    let b = Element.load8(x + channels)
    let c = Element.load8(x + inputRow)
    let d = Element.load8(x + (inputRow &+ channels))
    let (right, lowerRight) = (b .> a, d .> c)
    let upper = a.replacing(with: b, where: right)
    let lower = c.replacing(with: d, where: lowerRight)
    let below = lower .> upper
    let zero = SIMD8<Float>(repeating: 0)
    let two = SIMD8<Float>(repeating: 2)
    return (
      upper.replacing(with: lower, where: below),
      zero.replacing(with: 1, where: right).replacing(
        with: two.replacing(with: 3, where: lowerRight), where: below)
    )
  }

  @inline(__always)
  private func largest(_ x: Values) -> (SIMD8<Float>, place: SIMD8<Float>) {
    var best = Element.load8(x)
    var place = SIMD8<Float>(repeating: 0)
    for i in 0..<size {
      for j in 0..<size {
        let value = Element.load8(x + (i &* inputRow &+ j &* channels))
        let larger = value .> best
        best.replace(with: value, where: larger)
        place.replace(with: Float(i &* size &+ j), where: larger)
      }
    }
    return (best, place)
  }

  /// - Parameter outputs: given when a ReLU came before: only positive outputs pass a gradient on.
  func backward(_ d: Values, places: UnsafePointer<BFloat16>, outputs: Values?, into z: Results) {
    if input.height % size != 0 || input.width % size != 0 {
      // Rows and columns that no window reaches.
      z.update(repeating: Element(rounding: 0), count: batch * input.count)
    }
    parallel(over: rows, grain: grain) { part in
      for row in part {
        let to = z + top(row)
        for column in 0..<output.width {
          let from = row &* outputRow &+ column &* channels
          backwardWindow(
            d + from, places: places + from, outputs: outputs.map { $0 + from },
            into: to + column &* size &* channels)
        }
      }
    }
  }

  /// One window, all channels, as in `forward`.
  @inline(__always)
  private func backwardWindow(
    _ d: Values, places: UnsafePointer<BFloat16>, outputs: Values?, into z: Results
  ) {
    var next = 0
    while next < channels, channels >= 8 {
      let channel = min(next, channels &- 8)
      var gradient = Element.load8(d + channel)
      if let outputs { gradient = gradient.kept(where: Element.load8(outputs + channel)) }
      let place = BFloat16.load8(places + channel)
      func pass(_ number: Float, _ offset: Int) {
        Element.store8(
          SIMD8<Float>(repeating: 0).replacing(with: gradient, where: place .== number),
          z + (offset &+ channel))
      }
      if size == 2 {
        pass(0, 0)
        pass(1, channels)
        pass(2, inputRow)
        pass(3, inputRow &+ channels)
      } else {
        for i in 0..<size {
          for j in 0..<size { pass(Float(i &* size &+ j), i &* inputRow &+ j &* channels) }
        }
      }
      next &+= 8
    }
    while next < channels {
      let passes = outputs.map { $0[next].float > 0 } ?? true
      for i in 0..<size {
        for j in 0..<size {
          let here = passes && places[next].float == Float(i &* size &+ j)
          z[i &* inputRow &+ j &* channels &+ next] = here ? d[next] : Element(rounding: 0)
        }
      }
      next &+= 1
    }
  }
}
