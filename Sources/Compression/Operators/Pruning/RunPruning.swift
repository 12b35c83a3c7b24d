import LinearAlgebra

/// N:M pruning: of each run of M weights the N of largest magnitude are kept.
///
/// Solves  min ‖w − θ‖²  subject to at most N non-zero weights in each run  exactly; ties go to the
/// lower index. Hardware multiplies by such matrices (2:4) at twice the speed; of a kernel it wants the
/// runs along the input channels.
///
/// - Complexity: O(n·N).
/// - Source: Mishra et al., arXiv 2104.08378.
public struct RunPruning: CompressionOperator {
  /// Where the weights of a run lie. For a matrix both are the same.
  public enum Axis: String, Sendable, CaseIterable {
    /// Neighbours in a row of the matrix O × (I·H·W): across a kernel's places.
    case row
    /// Neighbouring input channels of one output, at one place of the kernel [O, I, H, W].
    case inputs
  }

  /// N, the weights that each run keeps, from 1 to M.
  public let kept: Int
  /// M, the weights of a run, up to 256.
  public let run: Int
  /// Where the weights of a run lie; in a row by default.
  public let axis: Axis
  /// The precision of the kept entries.
  public let values: StoredNumbers

  /// Keeps N of each M weights along an axis.
  ///
  /// - Throws: `CompressionError.invalidParameter` unless 1 ≤ N ≤ M ≤ 256.
  public init(
    keeping kept: Int, ofEach run: Int, along axis: Axis = .row, values: StoredNumbers = .float32
  ) throws {
    guard kept >= 1, kept <= run, run <= 256 else {
      throw CompressionError.invalidParameter(
        operator: "prune", parameter: "keep", value: "\(kept):\(run)",
        expected: "N:M with 1 ≤ N ≤ M ≤ 256")
    }
    try values.validate("prune")
    self.kept = kept
    self.run = run
    self.axis = axis
    self.values = values
  }

  /// As it is written in a plan: `prune(keep=2:4)`, with `along=inputs`, and `bits=16` or `k=K`,
  /// where they are not the default.
  public var description: String {
    let along = axis == .row ? [] : ["along=\(axis.rawValue)"]
    let arguments = ["keep=\(kept):\(run)"] + along + values.arguments
    return "prune(\(arguments.joined(separator: ", ")))"
  }

  /// Refuses shapes whose rows, or input channels with the axis `.inputs`, M does not divide; a
  /// vector is one row.
  ///
  /// - Throws: `CompressionError.invalidParameter`; `.needsMatrix` for input channels of a vector.
  public func validate(shape: [Int], view: String) throws { _ = try runs(of: shape, view: view) }

  /// The runs of a tensor.
  private func runs(of shape: [Int], view: String) throws -> Runs {
    let places = shape.dropFirst(2).reduce(1, *)
    let length: Int
    let stride: Int
    var what: String
    switch axis {
    case .inputs:
      guard shape.count >= 2 else {
        throw CompressionError.needsMatrix(operator: "prune along inputs", view: view)
      }
      (length, stride, what) = (shape[1], places, "input channels of \(view)")
      // The other way round there is nothing to offer: where the channels fit, the row does.
      if shape[1] * places % run == 0 {
        what += ", or along=row its \(shape[1] * places) weights of a row"
      }
    case .row:
      (length, stride) = (shape.count < 2 ? shape.reduce(1, *) : shape[1] * places, 1)
      what =
        switch shape.count {
        case ..<2: "weights of \(view)"
        case 2: "weights of a row of \(view)"
        default: "weights of a row, input channels × places, of \(view)"
        }
    }
    guard length % run == 0,
      let runs = Runs(length: run, stride: stride, count: shape.reduce(1, *))
    else {
      throw CompressionError.invalidParameter(
        operator: "prune", parameter: "keep", value: "\(kept):\(run)",
        expected: "N:M where M divides the \(length) \(what)")
    }
    return runs
  }

  /// Takes sparse forms that hold just N of each M weights along the axis, zeros included, in the
  /// precision that the operator stores.
  public func belongs(_ form: CompressedForm, shape: [Int]) -> Bool {
    guard case .sparse(let form) = form else { return false }
    guard let runs = try? runs(of: shape, view: "") else { return false }
    return form.pattern == .runs(kept: kept, of: run, stride: runs.stride)
      && values.allows(form.format)
  }

  /// Keeps the N largest of each run; exact in 32 bits. In another precision the last C step's form
  /// stays where it is nearer.
  ///
  /// - Throws: as `validate`; `CompressionError.outOfRange` where half precision cannot hold the
  ///   entries.
  /// - Complexity: O(n·N).
  public func compress(
    _ target: WeightView, from previous: CompressedForm?, penalty mu: Float
  ) throws -> CompressedForm {
    let runs = try runs(of: target.shape, view: "the view")
    let weights = target.values
    var places: [UInt32] = []
    places.reserveCapacity(runs.count * kept)
    var isKept = [Bool](repeating: false, count: run)
    for number in 0..<runs.count {
      let first = runs.first(ofRun: number)
      for place in 0..<run { isKept[place] = false }
      for _ in 0..<kept {
        var best = -1
        var largest: Float = -1
        for place in 0..<run where !isKept[place] {
          let magnitude = abs(weights[first + place * runs.stride])
          if magnitude > largest { (best, largest) = (place, magnitude) }
        }
        if best >= 0 { isKept[best] = true }
      }
      for place in 0..<run where isKept[place] { places.append(UInt32(place)) }
    }
    let indices = runs.indices(ofPlaces: places, each: kept) ?? []
    let entries = indices.map { weights[Int($0)] }
    return .sparse(
      try Sparse(
        count: weights.count, indices: indices, entries: entries,
        pattern: .runs(kept: kept, of: run, stride: runs.stride), values
      ).orNearer(previous?.sparse, to: weights, values))
  }
}
