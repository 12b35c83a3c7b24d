import Compression
import Foundation
import LinearAlgebra
import Synchronization

/// The C step alone, on the tensors of a file: no network, no data.
///
/// Tensors are read, compressed and packed one by one, small ones on all threads at a time, so that
/// only a few are in memory. A plan's patterns take floating tensors that are not empty; everything
/// else is kept bit for bit in its own type.
public struct Projection: Sendable {
  /// What became of one view.
  public struct Row: Sendable, Codable, Equatable {
    /// The tensor's name, or the selection of a joint view.
    public let name: String
    /// The view's shape; [n] for a joint view.
    public let shape: [Int]
    /// How the source stores it; several types of a joint view are separated by commas.
    public let type: String
    /// The operator, as it stands in the plan.
    public let `operator`: String
    /// ‖w − Δ‖² / ‖w‖².
    public let relativeError: RelativeError
    /// ‖w − Δ‖².
    public let squaredError: Double
    /// The bits of θ.
    public let bits: Int
    /// 32 bits a weight against `bits`.
    public let ratio: Double
    /// What the weights take in the source.
    public let sourceBits: Int
    /// `sourceBits` against `bits`.
    public let sourceRatio: Double
    /// The wall-clock time of the C step.
    public let seconds: Double
  }

  /// In the order of the plan.
  public let rows: [Row]
  /// The packed model; what is not compressed is read from the source when it is written.
  public let model: PackedModel
  /// ‖w − Δ‖² of all views.
  public let squaredDistance: Double
  /// ‖w‖² of all views.
  public let squaredNorm: Double
  /// The bits of θ of all views.
  public let bits: Int
  /// 32 bits for each compressed weight.
  public let referenceBits: Int
  /// What the compressed weights take in the source.
  public let sourceBits: Int
  /// What is not compressed, as it is stored.
  public let plainBits: Int
  /// Arrays of the source that no file of tensors can hold: they are not in the model.
  public let dropped: [OtherArray]

  /// From this many weights on a view is compressed by all threads, alone.
  private static let large = 1 << 21

  private struct Done: Sendable {
    let row: Row
    let part: PackedModel.Part
    let distance: Double
    let norm: Double
  }

  private struct State {
    var done: [Int: Done] = [:]
    /// What cannot be stored; all of it is said at once.
    var unfit: [Int: CompressionError.Unfit] = [:]
    var error: (any Error)?
  }

  /// Compresses and packs what the plan takes, and keeps the rest.
  ///
  /// - Parameters:
  ///   - mu: what a squared distance is worth to operators with a cost.
  ///   - progress: is told the share of all weights that is done, and the view; it runs on any thread,
  ///     one call at a time.
  /// - Throws: `CompressionError`, `ModelFileError`, `.notCompressible` when a pattern fits only what
  ///   cannot be compressed; the first in the order of the plan is not promised.
  public init(
    _ source: any TensorFile, plan: CompressionPlan, mu: Float = 1,
    progress: @Sendable (Double, String) -> Void = { _, _ in }
  ) throws {
    try Self.requireNames(source)
    let weights = source.tensors.filter(\.isCompressible)
    let resolved = try Self.resolved(plan, for: weights, of: source)
    let problems = resolved.problems
    let types = Dictionary(
      uniqueKeysWithValues: weights.map { (ExactName($0.name), $0.dtype) })
    let total = Double(max(1, resolved.count))
    let state = Mutex(State())
    let finished = Mutex(0)

    @Sendable func run(_ index: Int) {
      guard state.withLock({ $0.error == nil }) else { return }
      do {
        let done = try Self.project(
          problems[index], number: index, of: source, types: types, mu: mu)
        state.withLock { $0.done[index] = done }
        finished.withLock {
          $0 += problems[index].count
          progress(Double($0) / total, problems[index].label)
        }
      } catch let error as CompressionError where error.isOutOfRange {
        let problem = problems[index]
        state.withLock {
          $0.unfit[index] = .init(
            name: problem.label, shape: problem.slots.count > 1 ? nil : problem.shape,
            reason: "\(error)")
        }
      } catch {
        state.withLock { if $0.error == nil { $0.error = error } }
      }
    }
    let isLarge = problems.map { $0.count >= Self.large }
    for index in problems.indices where isLarge[index] { run(index) }
    let small = problems.indices.filter { !isLarge[$0] }
    parallelTasks(small.count) { run(small[$0]) }

    let found = state.withLock { $0 }
    if let error = found.error { throw error }
    guard found.unfit.isEmpty else {
      throw CompressionError.unfit(
        problems.indices.compactMap { found.unfit[$0] }, instead: nil)
    }
    let all = problems.indices.compactMap { found.done[$0] }
    rows = all.map(\.row)
    squaredDistance = all.reduce(0) { $0 + $1.distance }
    squaredNorm = all.reduce(0) { $0 + $1.norm }
    bits = all.reduce(0) { $0 + $1.row.bits }
    referenceBits = problems.reduce(0) { $0 + $1.referenceBits }
    sourceBits = all.reduce(0) { $0 + $1.row.sourceBits }
    let compressed = Set(problems.flatMap { $0.slots.map { ExactName($0.name) } })
    let plain = source.tensors.filter { !compressed.contains(ExactName($0.name)) }
    plainBits = plain.reduce(0) { $0 + $1.count * $1.dtype.bitCount }
    dropped = source.others
    model = PackedModel(
      parts: all.map(\.part),
      plain: plain.map { entry in
        // Read when the file is written, one at a time.
        TensorSource(
          name: CompressedFile.plainPrefix + entry.name, dtype: entry.dtype, shape: entry.shape
        ) { piece in try source.bytes(entry.name).withUnsafeBytes(piece) }
      }, order: source.tensors.map(\.name),
      metadata: PackedModel.kept(source.metadata).merging(["plan": plan.description]) { $1 })
  }

  /// - Throws: `ModelFileError.malformedTensor` for a name that the compressed model could not hold.
  private static func requireNames(_ source: any TensorFile) throws {
    let reserved = SafetensorsHeader.metadataKey
    guard source.tensors.contains(where: { ExactName($0.name) == ExactName(reserved) }) else {
      return
    }
    throw ModelFileError.malformedTensor(
      path: source.path, tensor: reserved,
      expected: "another name, for safetensors files, and with them .lcm, reserve this one",
      found: "a tensor of this name")
  }

  /// - Throws: `CompressionError`; where a pattern fits only what cannot be compressed, an error that
  ///   says what that is.
  private static func resolved(
    _ plan: CompressionPlan, for weights: [TensorEntry], of source: any TensorFile
  ) throws -> ResolvedPlan {
    func requireNone(_ fits: (String) -> Bool) throws {
      if let unfit = source.tensors.first(where: { !$0.isCompressible && fits($0.name) }) {
        throw ModelFileError.notCompressible(
          path: source.path, tensor: unfit.name, dtype: unfit.dtype, shape: unfit.shape)
      }
      if let other = source.others.first(where: { fits($0.name) }) {
        throw ModelFileError.malformedTensor(
          path: source.path, tensor: other.name, expected: "weights to compress",
          found: "values of type \(other.type)")
      }
    }
    // An exact name means that tensor, even where it would fit others as a pattern.
    let names = Set(plan.tasks.flatMap { $0.selection.patterns.map { ExactName($0.text) } })
    try requireNone { names.contains(ExactName($0)) }
    let tasks = plan.tasks.map { task in
      let selection = task.selection
      return CompressionTask(
        Selection(
          selection.view, selection.patterns, excluding: exclusions(of: selection, in: source)),
        task.operator)
    }
    do {
      return try ResolvedPlan(
        CompressionPlan(tasks), for: ArenaLayout(weights.map { ($0.name, $0.shape) }))
    } catch let error as CompressionError {
      guard case .noMatch(let pattern, _) = error else { throw error }
      try requireNone { pattern.matches($0) }
      throw error
    }
  }

  /// The exclusions as they concern weights. They mean tensors of any kind; what is kept anyway may be left
  /// out, too, and is here left out of them.
  private static func exclusions(of selection: Selection, in source: any TensorFile)
    -> [NamePattern]
  {
    guard !selection.exclusions.isEmpty else { return [] }
    let all =
      source.tensors.map { (name: $0.name, shape: $0.shape) }
      + source.others.map { (name: $0.name, shape: []) }
    func isWeight(_ index: Int) -> Bool {
      index < source.tensors.count && source.tensors[index].isCompressible
    }
    func isSelected(_ index: Int) -> Bool {
      selection.patterns.contains { $0.matches(all[index].name) }
    }
    return selection.exclusions.flatMap { exclusion -> [NamePattern] in
      let taken = exclusion.fitting(all)
      let weights = taken.filter(isWeight)
      guard weights.count < taken.count else { return [exclusion] }
      // Of what the patterns do not take there is nothing to say where others are left out.
      let leavesOutKept = taken.contains { !isWeight($0) && isSelected($0) }
      return (leavesOutKept ? weights.filter(isSelected) : weights).map {
        NamePattern(literal: all[$0].name)
      }
    }
  }

  private static func project(
    _ problem: CompressionProblem, number: Int, of source: any TensorFile,
    types: [ExactName: ElementType], mu: Float
  ) throws -> Done {
    // A single tensor is not copied.
    var values = try source.weights(problem.slots[0].name)
    for slot in problem.slots.dropFirst() { values += try source.weights(slot.name) }
    let target = try WeightView(values, shape: problem.shape)
    let start = ContinuousClock.now
    let (form, decompressed) = try problem.solve(target, from: nil, mu: mu)
    let took = (ContinuousClock.now - start).components
    let norm = values.squaredNorm
    let distance = values.squaredDistance(to: decompressed)
    let bits = form.storage.bits
    let part = CompressedModel.Part(
      label: problem.label, operator: problem.operator.description,
      tensors: problem.slots.map {
        .init($0.name, $0.shape, dtype: types[ExactName($0.name)] ?? .f32)
      },
      form: form)
    var names: [String] = []
    for tensor in part.tensors where !names.contains(tensor.dtype.rawValue) {
      names.append(tensor.dtype.rawValue)
    }
    let row = Row(
      name: problem.label, shape: problem.shape, type: names.joined(separator: ", "),
      operator: problem.operator.description,
      relativeError: RelativeError(squaredError: distance, squaredNorm: norm),
      squaredError: distance, bits: bits,
      ratio: Double(problem.referenceBits) / Double(max(1, bits)),
      sourceBits: part.sourceBits, sourceRatio: Double(part.sourceBits) / Double(max(1, bits)),
      seconds: Double(took.seconds) + Double(took.attoseconds) * 1e-18)
    return Done(
      row: row, part: PackedModel.Part(part, index: number, decompressed: decompressed),
      distance: distance, norm: norm)
  }
}

extension TensorEntry {
  /// Whether a pattern of a plan can take it.
  var isCompressible: Bool { count > 0 && dtype.isFloat }
}
