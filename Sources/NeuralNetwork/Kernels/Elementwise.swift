import Foundation
import LinearAlgebra

/// Passes over tensors of equal counts, value by value. All buffers hold `count` values; they may be
/// the same. The parts of a parallel region begin at multiples of 16.
enum Elementwise<Element: ActivationElement> {
  typealias Values = UnsafePointer<Element>
  typealias Results = UnsafeMutablePointer<Element>

  /// Calls `eight` for whole groups of 8 positions and `one` for what remains.
  @inline(__always)
  static func sweep(_ count: Int, eight: (Int) -> Void, one: (Int) -> Void) {
    parallel(over: count, grain: 16_384) { part in
      var index = part.lowerBound
      while index + 8 <= part.upperBound {
        eight(index)
        index += 8
      }
      while index < part.upperBound {
        one(index)
        index += 1
      }
    }
  }

  /// y ← f(x)
  static func apply(_ activation: Activation, _ x: Values, into y: Results, count: Int) {
    switch activation {
    case .identity: break
    case .relu:
      sweep(count) {
        Element.store8(Element.load8(x + $0).rectified, y + $0)
      } one: {
        let value = x[$0].float
        y[$0] = Element(rounding: value < 0 ? 0 : value)
      }
    case .tanh:
      parallel(over: count, grain: 2048) { part in
        for index in part { y[index] = Element(rounding: tanh(x[index].float)) }
      }
    }
  }

  /// d ← d · f′, given y = f(x).
  static func backpropagate(_ activation: Activation, _ y: Values, _ d: Results, count: Int) {
    switch activation {
    case .identity: break
    case .relu:
      sweep(count) {
        Element.store8(Element.load8(Values(d) + $0).kept(where: Element.load8(y + $0)), d + $0)
      } one: {
        if !(y[$0].float > 0) { d[$0] = Element(rounding: 0) }
      }
    case .tanh:
      sweep(count) {
        let y = Element.load8(y + $0)
        Element.store8(Element.load8(Values(d) + $0) * (1 - y * y), d + $0)
      } one: {
        let y = y[$0].float
        d[$0] = Element(rounding: d[$0].float * (1 - y * y))
      }
    }
  }

  /// d ← d + e
  static func add(_ e: Values, to d: Results, count: Int) {
    sweep(count) {
      Element.store8(Element.load8(Values(d) + $0) + Element.load8(e + $0), d + $0)
    } one: {
      d[$0] = Element(rounding: d[$0].float + e[$0].float)
    }
  }

  /// y ← f(a + b) for a ReLU or nothing.
  static func sum(_ a: Values, _ b: Values, rectified: Bool, into y: Results, count: Int) {
    sweep(count) {
      let sum = Element.load8(a + $0) + Element.load8(b + $0)
      Element.store8(rectified ? sum.rectified : sum, y + $0)
    } one: {
      let sum = a[$0].float + b[$0].float
      y[$0] = Element(rounding: rectified && sum < 0 ? 0 : sum)
    }
  }
}
