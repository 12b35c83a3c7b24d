import LinearAlgebra

/// The largest value of windows that lie side by side, channels-last.
///
/// The first of equal values wins, as in PyTorch; which one it was is kept in 16 bits an output.
/// oneDNN's primitive takes two to three times as long (`speed layers lenet5`).
struct MaxPoolKernels<Element: ActivationElement> {
  typealias Values = UnsafePointer<Element>
  typealias Results = UnsafeMutablePointer<Element>

  let batch: Int
  let input: ImageShape
  let output: ImageShape
  /// The window's side, at most 15.
  let size: Int

  /// Calls `eight(output's place, first input's place, row of input, channel)` for each window and
  /// eight channels, `one` for single channels where there are fewer than eight. The last eight may
  /// overlap those before: what is written twice is the same.
  @inline(__always)
  private func windows(eight: (Int, Int) -> Void, one: (Int, Int) -> Void) {
    let channels = input.channels
    parallel(over: batch * output.height, grain: max(1, 16_384 / max(1, input.width * channels))) {
      _, rows in
      for row in rows {
        let image = row / output.height
        let top = (image * input.height + row % output.height * size) * input.width
        for column in 0..<output.width {
          let to = (row * output.width + column) * channels
          let from = (top + column * size) * channels
          if channels < 8 {
            for channel in 0..<channels { one(to + channel, from + channel) }
          } else {
            var channel = 0
            while channel < channels {
              let start = min(channel, channels - 8)
              eight(to + start, from + start)
              channel += 8
            }
          }
        }
      }
    }
  }

  /// - Parameter places: receives the number of the winner within its window, row by row.
  @inline(__always)
  func forward(_ x: Values, into y: Results, places: UnsafeMutablePointer<BFloat16>?) {
    let channels = input.channels
    let row = input.width * channels
    windows { to, from in
      var best = Element.load8(x + from)
      var place = SIMD8<Float>(repeating: 0)
      for i in 0..<size {
        for j in 0..<size {
          if i == 0 && j == 0 { continue }
          let value = Element.load8(x + (from + i * row + j * channels))
          let larger = value .> best
          best.replace(with: value, where: larger)
          place.replace(with: Float(i * size + j), where: larger)
        }
      }
      Element.store8(best, y + to)
      if let places {
        BFloat16.storeUpper8(place, places + to)
      }
    } one: { to, from in
      var best = x[from].float
      var place: Float = 0
      for i in 0..<size {
        for j in 0..<size {
          let value = x[from + i * row + j * channels].float
          if value > best {
            best = value
            place = Float(i * size + j)
          }
        }
      }
      y[to] = Element(rounding: best)
      places?[to] = BFloat16(rounding: place)
    }
  }

  /// - Parameter outputs: given when a ReLU came before: only positive outputs pass a gradient on.
  @inline(__always)
  func backward(
    _ d: Values, places: UnsafePointer<BFloat16>, outputs: Values?, into z: Results
  ) {
    let channels = input.channels
    let row = input.width * channels
    if input.height % size != 0 || input.width % size != 0 {
      // Rows and columns that no window reaches.
      z.update(repeating: Element(rounding: 0), count: batch * input.count)
    }
    windows { to, from in
      var gradient = Element.load8(d + to)
      if let outputs { gradient = gradient.kept(where: Element.load8(outputs + to)) }
      let place = BFloat16.load8(places + to)
      for i in 0..<size {
        for j in 0..<size {
          let here = place .== Float(i * size + j)
          Element.store8(
            SIMD8<Float>(repeating: 0).replacing(with: gradient, where: here),
            z + (from + i * row + j * channels))
        }
      }
    } one: { to, from in
      let passes = outputs.map { $0[to].float > 0 } ?? true
      for i in 0..<size {
        for j in 0..<size {
          let here = passes && places[to].float == Float(i * size + j)
          z[from + i * row + j * channels] = here ? d[to] : Element(rounding: 0)
        }
      }
    }
  }
}
