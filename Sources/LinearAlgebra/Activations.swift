import Foundation

/// xᵢ ← tanh xᵢ. O(n), on all threads.
package func applyTanh(_ x: inout [Float]) {
  x.withUnsafeMutableBufferPointer { x in
    let x = x
    parallel(over: x.count, grain: 4096) { range in
      for index in range { x[index] = tanhf(x[index]) }
    }
  }
}
