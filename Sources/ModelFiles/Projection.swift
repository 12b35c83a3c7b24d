import Compression
import Foundation
import LinearAlgebra
import Synchronization

/// The C step alone, on the tensors of a file: no network, no data.
///
/// Tensors are read, compressed and packed one by one, small ones on all threads at a time, so that
/// only a few are in memory.
public struct Projection: Sendable {
  /// What became of one view.
  public struct Row: Sendable, Codable, Equatable {
    /// The tensor's name, or the selection of a joint view.
    public let name: String
    public let shape: [Int]
    public let `operator`: String
    /// ‖w − Δ‖² / ‖w‖².
    public let relativeError: Double
    public let bits: Int
    public let ratio: Double
    public let seconds: Double
  }

  /// In the order of the plan.
  public let rows: [Row]
  public let model: PackedModel
  /// ‖w − Δ‖² and ‖w‖² of all views.
  public let squaredDistance: Double
  public let squaredNorm: Double
  /// The bits of all compressed views, and 32 a weight.
  public let bits: Int
  public let referenceBits: Int

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
    var error: (any Error)?
  }

  /// - Parameters:
  ///   - mu: what a squared distance is worth to operators with a cost.
  ///   - progress: is told the share of all weights that is done, and the view; it runs on any thread,
  ///     one call at a time.
  /// - Throws: `CompressionError`, `ModelFileError`; the first in the order of the plan is not
  ///   promised.
  public init(
    _ source: any TensorFile, plan: CompressionPlan, mu: Float = 1,
    progress: @Sendable (Double, String) -> Void = { _, _ in }
  ) throws {
    let numbers = source.tensors.filter { $0.count > 0 && $0.dtype.isNumeric }
    let resolved = try ResolvedPlan(plan, for: ArenaLayout(numbers.map { ($0.name, $0.shape) }))
    let problems = resolved.problems
    let total = Double(max(1, resolved.count))
    let state = Mutex(State())
    let finished = Mutex(0)

    @Sendable func run(_ index: Int) {
      guard state.withLock({ $0.error == nil }) else { return }
      do {
        let done = try Self.project(problems[index], number: index, of: source, mu: mu)
        state.withLock { $0.done[index] = done }
        finished.withLock {
          $0 += problems[index].count
          progress(Double($0) / total, problems[index].label)
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
    let all = problems.indices.compactMap { found.done[$0] }
    rows = all.map(\.row)
    squaredDistance = all.reduce(0) { $0 + $1.distance }
    squaredNorm = all.reduce(0) { $0 + $1.norm }
    bits = all.reduce(0) { $0 + $1.row.bits }
    referenceBits = problems.reduce(0) { $0 + $1.referenceBits }
    let compressed = Set(problems.flatMap { $0.slots.map(\.name) })
    model = PackedModel(
      parts: all.map(\.part),
      plain: numbers.filter { !compressed.contains($0.name) }.map { entry in
        // Read when the file is written, one at a time.
        TensorSource(name: "plain." + entry.name, dtype: .f32, shape: entry.shape) { piece in
          try source.floats(entry.name).withUnsafeBytes(piece)
        }
      }, order: numbers.map(\.name), metadata: ["plan": plan.description])
  }

  private static func project(
    _ problem: CompressionProblem, number: Int, of source: any TensorFile, mu: Float
  ) throws -> Done {
    var values: [Float] = []
    if problem.slots.count == 1 {
      values = try source.floats(problem.slots[0].name)
    } else {
      for slot in problem.slots { values += try source.floats(slot.name) }
    }
    guard values.isFinite else { throw CompressionError.notFinite(view: problem.label) }
    let target = try WeightView(values, shape: problem.shape)
    let start = ContinuousClock.now
    let form = try problem.operation.representation(of: target, from: nil, penalty: mu)
    let took = (ContinuousClock.now - start).components
    // What is left of the weights, without a second copy of them.
    let norm = values.squaredNorm
    values = target.values
    form.add(to: &values, scale: -1)
    let distance = values.squaredNorm
    let bits = form.storage.bits
    let part = CompressedModel.Part(
      label: problem.label, operation: problem.operation.description,
      tensors: problem.slots.map { .init($0.name, $0.shape) }, form: form)
    return Done(
      row: Row(
        name: problem.label, shape: problem.shape, operator: problem.operation.description,
        relativeError: norm > 0 ? distance / norm : 0, bits: bits,
        ratio: Double(problem.referenceBits) / Double(max(1, bits)),
        seconds: Double(took.seconds) + Double(took.attoseconds) * 1e-18),
      part: PackedModel.Part(part, index: number), distance: distance, norm: norm)
  }
}
