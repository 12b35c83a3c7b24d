import LinearAlgebra

/// n weights cut into runs of M whose weights lie `stride` apart: neighbours in a row, or, with a
/// stride of H·W, neighbouring input channels of a kernel at one place.
///
/// Runs are numbered by their first weights. M · stride neighbouring weights hold `stride` whole runs.
package struct Runs: Sendable, Equatable {
  /// M.
  package let length: Int
  package let stride: Int
  /// The number of runs.
  package let count: Int
  private let segment: Int

  /// None unless the weights are whole runs.
  package init?(length: Int, stride: Int, count: Int) {
    guard length > 0, stride > 0, count >= 0, count <= UInt32.max else { return nil }
    let (segment, overflow) = length.multipliedReportingOverflow(by: stride)
    guard !overflow, count % segment == 0 else { return nil }
    self.length = length
    self.stride = stride
    self.count = count / length
    self.segment = segment
  }

  /// The first weight of a run.
  @inline(__always)
  func first(ofRun number: Int) -> Int {
    let (whole, rest) = number.quotientAndRemainder(dividingBy: stride)
    return whole * segment + rest
  }

  /// The run of a weight, and the place in it.
  @inline(__always)
  private func split(_ index: UInt32) -> (run: Int, place: Int) {
    let (number, rest) = Int(index).quotientAndRemainder(dividingBy: segment)
    let (place, first) = rest.quotientAndRemainder(dividingBy: stride)
    return (number * stride + first, place)
  }

  /// Whether each run holds just `kept` of these weights, which are below n. O(n / M + κ).
  func hold(_ indices: [UInt32], each kept: Int) -> Bool {
    if stride == 1 {
      return indices.enumerated().allSatisfy { Int($1) / length == $0 / kept }
    }
    var held = [Int](repeating: 0, count: count)
    for index in indices { held[split(index).run] += 1 }
    return held.allSatisfy { $0 == kept }
  }

  /// The places in the runs, run by run, of ascending weights of which each run holds `kept`. O(κ).
  func places(of indices: [UInt32], each kept: Int) -> [UInt32] {
    if stride == 1 { return indices.map { $0 % UInt32(length) } }
    var places = [UInt32](repeating: 0, count: indices.count)
    var held = [Int](repeating: 0, count: count)
    for index in indices {
      let (run, place) = split(index)
      places[run * kept + held[run]] = UInt32(place)
      held[run] += 1
    }
    return places
  }

  /// The ascending weights that stand at these places, `kept` of each run, run by run; none where a
  /// place is given twice or outside of its run. O(n).
  package func indices(ofPlaces places: [UInt32], each kept: Int) -> [UInt32]? {
    guard kept > 0, places.count / kept == count, places.count % kept == 0 else { return nil }
    var indices: [UInt32] = []
    indices.reserveCapacity(places.count)
    var isKept = [Bool](repeating: false, count: segment)
    // `stride` runs at a time, which are neighbouring weights.
    for first in Swift.stride(from: 0, to: count, by: stride) {
      for number in first..<first + stride {
        for place in places[number * kept..<(number + 1) * kept] {
          guard place < length else { return nil }
          isKept[Int(place) * stride + number - first] = true
        }
      }
      let base = first * length
      for place in isKept.indices where isKept[place] {
        indices.append(UInt32(base + place))
        isKept[place] = false
      }
    }
    return indices.count == places.count ? indices : nil
  }
}
