import LinearAlgebra

/// Batch norm's passes over channels-last tensors: rows × channels, a row a place of an image.
///
/// Sums run over blocks of rows that stay in the first cache, in 32 bits within a block and in 64
/// between blocks. oneDNN's primitive reads the tensor once more for the variance, cannot take the
/// shortcut's addition with it, and is slow in bfloat16 (`speed layers`).
struct BatchNormKernels<Element: ActivationElement> {
  typealias Values = UnsafePointer<Element>
  typealias Results = UnsafeMutablePointer<Element>
  typealias Channels = UnsafeMutablePointer<Float>

  let rows: Int
  let channels: Int
  /// Two sums a channel and part.
  private let partial: UnsafeMutablePointer<Double>
  private let parts: Int

  private let blockRows: Int

  /// The least number of rows that is worth a thread.
  static func grain(_ channels: Int) -> Int { max(1, 16_384 / max(1, channels)) }

  /// - Parameter partial: room for `2 · channels · parts` sums; it outlives this value.
  ///   There is a part at least.
  init(rows: Int, channels: Int, partial: UnsafeMutablePointer<Double>, parts: Int) {
    self.rows = rows
    self.channels = channels
    self.partial = partial
    self.parts = parts
    // About 16 KiB of activations.
    blockRows = max(8, 4096 / max(1, channels))
  }

  /// Calls `eight(first row, rows, channel)` for each block and group of 8 channels of a part's rows,
  /// and `one` for each channel that remains.
  @inline(__always)
  private func blocks(
    of part: Range<Int>, eight: (Int, Int, Int) -> Void, one: (Int, Int, Int) -> Void
  ) {
    var row = part.lowerBound
    while row < part.upperBound {
      let count = min(blockRows, part.upperBound - row)
      var channel = 0
      while channel + 8 <= channels {
        eight(row, count, channel)
        channel += 8
      }
      while channel < channels {
        one(row, count, channel)
        channel += 1
      }
      row += count
    }
  }

  /// Runs `body(sums, rows)` on all parts with their sums set to zero, then adds those up into the first
  /// part's.
  @inline(__always)
  private func summing(_ body: (UnsafeMutablePointer<Double>, Range<Int>) -> Void) {
    let width = 2 * channels
    partial.update(repeating: 0, count: width * parts)
    parallel(over: rows, parts: parts) { part, rows in body(partial + width * part, rows) }
    for part in 1..<parts {
      for index in 0..<width { partial[index] += partial[part * width + index] }
    }
  }

  /// The mean and the (biased) variance of each channel.
  @inline(__always)
  func moments(of x: Values, mean: Channels, variance: Channels) {
    let stride = channels
    // Relative to the first row: a mean that is large against the deviation costs no digits.
    summing { sums, part in
      blocks(of: part) { row, count, channel in
        let origin = Element.load8(x + channel)
        var total = SIMD8<Float>(repeating: 0)
        var squares = SIMD8<Float>(repeating: 0)
        var pointer = x + (row * stride + channel)
        for _ in 0..<count {
          let value = Element.load8(pointer) - origin
          total += value
          squares += value * value
          pointer += stride
        }
        for lane in 0..<8 {
          sums[channel + lane] += Double(total[lane])
          sums[stride + channel + lane] += Double(squares[lane])
        }
      } one: { row, count, channel in
        let origin = x[channel].float
        for row in row..<row + count {
          let value = x[row * stride + channel].float - origin
          sums[channel] += Double(value)
          sums[stride + channel] += Double(value * value)
        }
      }
    }
    let share = 1 / Double(max(1, rows))
    for channel in 0..<channels {
      let shift = partial[channel] * share
      mean[channel] = Float(Double(x[channel].float) + shift)
      variance[channel] = Float(max(0, partial[stride + channel] * share - shift * shift))
    }
  }

  /// y ← f(scale·(x − mean) + shift [+ addend]).
  @inline(__always)
  func apply(
    _ x: Values, mean: Channels, scale: Channels, shift: Channels, addend: Values?, rectified: Bool,
    into y: Results
  ) {
    let stride = channels
    parallel(over: rows, grain: Self.grain(channels)) { part in
      blocks(of: part) { row, count, channel in
        let a = Float.load8(scale + channel)
        let b = Float.load8(shift + channel)
        let m = Float.load8(mean + channel)
        let start = row * stride + channel
        let end = start + count * stride
        if let addend {
          for index in Swift.stride(from: start, to: end, by: stride) {
            let value = a * (Element.load8(x + index) - m) + b + Element.load8(addend + index)
            Element.store8(rectified ? value.rectified : value, y + index)
          }
        } else if rectified {
          for index in Swift.stride(from: start, to: end, by: stride) {
            Element.store8((a * (Element.load8(x + index) - m) + b).rectified, y + index)
          }
        } else {
          for index in Swift.stride(from: start, to: end, by: stride) {
            Element.store8(a * (Element.load8(x + index) - m) + b, y + index)
          }
        }
      } one: { row, count, channel in
        for row in row..<row + count {
          let index = row * stride + channel
          var value = scale[channel] * (x[index].float - mean[channel]) + shift[channel]
          if let addend { value += addend[index].float }
          y[index] = Element(rounding: rectified && value < 0 ? 0 : value)
        }
      }
    }
  }

  /// Σ d and Σ d·(x − mean) of each channel, where d is the sum of one or two gradients behind the
  /// gate; d is written to `result` if that is given.
  @inline(__always)
  func gradientSums<Gate: GradientGate>(
    _ x: Values, mean: Channels, _ first: Values, _ second: Values?, gate: Gate, result: Results?,
    sum: Channels, product: Channels
  ) where Gate.Element == Element {
    let stride = channels
    summing { sums, part in
      blocks(of: part) { row, count, channel in
        let centre = Float.load8(mean + channel)
        let gate = gate.channels(from: channel)
        var total = SIMD8<Float>(repeating: 0)
        var products = SIMD8<Float>(repeating: 0)
        let start = row * stride + channel
        for index in Swift.stride(from: start, to: start + count * stride, by: stride) {
          let centred = Element.load8(x + index) - centre
          var d = Element.load8(first + index)
          if let second { d += Element.load8(second + index) }
          d = gate.passed(d, centred, index)
          if let result { Element.store8(d, result + index) }
          total += d
          products += d * centred
        }
        for lane in 0..<8 {
          sums[channel + lane] += Double(total[lane])
          sums[stride + channel + lane] += Double(products[lane])
        }
      } one: { row, count, channel in
        for row in row..<row + count {
          let index = row * stride + channel
          let centred = x[index].float - mean[channel]
          var d = first[index].float
          if let second { d += second[index].float }
          if !gate.isOpen(centred, channel, index) { d = 0 }
          if let result { result[index] = Element(rounding: d) }
          sums[channel] += Double(d)
          sums[stride + channel] += Double(d * centred)
        }
      }
    }
    for channel in 0..<channels {
      sum[channel] = Float(partial[channel])
      product[channel] = Float(partial[channels + channel])
    }
  }

  /// z ← a·d + b·(x − mean) + c per channel, with d behind the gate.
  @inline(__always)
  func inputGradient<Gate: GradientGate>(
    _ x: Values, mean: Channels, _ d: Values, gate: Gate, a: Channels, b: Channels, c: Channels,
    into z: Results
  ) where Gate.Element == Element {
    let stride = channels
    parallel(over: rows, grain: Self.grain(channels)) { part in
      blocks(of: part) { row, count, channel in
        let a = Float.load8(a + channel)
        let b = Float.load8(b + channel)
        let c = Float.load8(c + channel)
        let centre = Float.load8(mean + channel)
        let gate = gate.channels(from: channel)
        let start = row * stride + channel
        for index in Swift.stride(from: start, to: start + count * stride, by: stride) {
          let centred = Element.load8(x + index) - centre
          let d = gate.passed(Element.load8(d + index), centred, index)
          Element.store8(a * d + (b * centred + c), z + index)
        }
      } one: { row, count, channel in
        for row in row..<row + count {
          let index = row * stride + channel
          let centred = x[index].float - mean[channel]
          let d = gate.isOpen(centred, channel, index) ? d[index].float : 0
          z[index] = Element(rounding: a[channel] * d + (b[channel] * centred + c[channel]))
        }
      }
    }
  }
}
