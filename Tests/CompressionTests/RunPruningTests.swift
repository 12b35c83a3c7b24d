import LinearAlgebra
import Testing

@testable import Compression

/// N:M along input channels against its definition.
@Suite struct RunPruningTests {
  private func shape(_ random: inout RandomGenerator, run: Int) -> [Int] {
    let places = (0..<Int(random.next() % 4)).map { _ in 1 + Int(random.next() % 4) }
    return [1 + Int(random.next() % 5), run * (1 + Int(random.next() % 4))] + places
  }

  /// [o, i, place]: of the M input channels from each multiple of M on the N largest stay.
  private func naive(_ weights: [Float], _ shape: [Int], kept: Int, run: Int) -> [Float] {
    let places = shape[2...].reduce(1, *)
    var result = [Float](repeating: 0, count: weights.count)
    for output in 0..<shape[0] {
      for place in 0..<places {
        for first in stride(from: 0, to: shape[1], by: run) {
          let indices = (first..<first + run).map { (output * shape[1] + $0) * places + place }
          let order = indices.sorted {
            abs(weights[$0]) != abs(weights[$1])
              ? abs(weights[$0]) > abs(weights[$1]) : $0 < $1
          }
          for index in order.prefix(kept) { result[index] = weights[index] }
        }
      }
    }
    return result
  }

  @Test(arguments: 0..<150) func keepsTheLargestOfNeighbouringInputs(seed: Int) throws {
    var random = RandomGenerator(seed: UInt64(seed))
    let run = 1 + seed % 8
    let kept = 1 + Int(random.next() % UInt64(run))
    let shape = shape(&random, run: run)
    let count = shape.reduce(1, *)
    let weights = samples(kind: seed % 5, count: count, using: &random)
    let view = try WeightView(weights, shape: shape)
    let `operator` = try RunPruning(keeping: kept, ofEach: run, along: .inputs)
    let form = try `operator`.compress(view, from: nil, penalty: 1)
    let entries = try #require(form.sparse)
    #expect(form.decompressed() == naive(weights, shape, kept: kept, run: run))
    #expect(form.storage.indices == count / run * kept * bitsToTellApart(run))
    #expect(form.storage.values == 32 * count / run * kept)
    // What is written of the places tells them again.
    let runs = try #require(Runs(length: run, stride: shape[2...].reduce(1, *), count: count))
    #expect(runs.indices(ofPlaces: entries.units, each: kept) == entries.indices)
    // A projection.
    let again = try `operator`.compress(
      WeightView(form.decompressed(), shape: shape), from: form, penalty: 1)
    #expect(again.decompressed() == form.decompressed())
    if shape.count == 2 {
      let rows = try RunPruning(keeping: kept, ofEach: run).compress(view, from: nil, penalty: 1)
      #expect(rows == form)
    }
    // A fit keeps the places.
    let target = random.normals(count)
    let fitted = try form.refitted(to: target)
    let sparse = try #require(fitted.sparse)
    #expect(sparse.indices == entries.indices && sparse.pattern == entries.pattern)
    #expect(sparse.values == entries.indices.map { target[Int($0)] })
  }

  @Test func saysAlongWhichAxisItDoesNotFit() throws {
    func message(_ axis: RunPruning.Axis, _ shape: [Int]) -> String {
      do {
        try RunPruning(keeping: 2, ofEach: 4, along: axis).validate(shape: shape, view: "w")
        return ""
      } catch {
        return "\(error)"
      }
    }
    #expect(message(.row, [8, 8, 3, 3]).isEmpty && message(.inputs, [8, 8, 3, 3]).isEmpty)
    #expect(message(.row, [8, 6]).contains("the 6 weights of a row of w"))
    #expect(
      message(.row, [8, 3, 3, 3]).contains("the 27 weights of a row, input channels × places, of w")
    )
    #expect(message(.inputs, [8, 6, 2, 2]).contains("6 input channels of w, or along=row its 24"))
    #expect(!message(.inputs, [8, 3, 3, 3]).contains("along=row"))
    #expect(message(.inputs, [8]).contains("along inputs needs a matrix"))
    // Where the channels fit, the row does.
    #expect(message(.row, [8, 6, 2, 2]).isEmpty)
  }

  @Test func formsThatAreNoWholeRunsAreErrors() throws {
    func form(_ indices: [UInt32], run: Int, stride: Int, count: Int = 8) throws -> Sparse {
      try Sparse(
        count: count, indices: indices, values: indices.map { Float($0) + 1 },
        pattern: .runs(kept: 1, of: run, stride: stride))
    }
    // Weights 0 and 2, 1 and 3, 4 and 6, 5 and 7 are runs.
    #expect(try form([1, 2, 4, 5], run: 2, stride: 2).units == [1, 0, 0, 0])
    #expect(throws: CompressionError.self) { try form([0, 2, 4, 5], run: 2, stride: 2) }
    #expect(throws: CompressionError.self) { try form([1, 2, 4], run: 2, stride: 2) }
    for (run, stride) in [(2, 3), (2, 0), (0, 2), (2, -1), (-2, -2), (2, .max), (.max, .max)] {
      #expect(throws: CompressionError.self) { try form([1, 2, 4, 5], run: run, stride: stride) }
    }
    let runs = try #require(Runs(length: 2, stride: 2, count: 8))
    #expect(runs.indices(ofPlaces: [1, 0, 2, 0], each: 1) == nil)
    #expect(runs.indices(ofPlaces: [1, 0, 0], each: 1) == nil)
    #expect(runs.indices(ofPlaces: [0, 0, 0, 1, 0, 1, 0, 1], each: 2) == nil)
  }
}
