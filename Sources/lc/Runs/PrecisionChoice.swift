import ArgumentParser
import Datasets
import Foundation
import LearningCompression
import LinearAlgebra
import ModelFiles
import NeuralNetwork

extension Precision: ExpressibleByArgument {}

/// In which precision a command computes.
struct PrecisionChoice {
  static let help = ArgumentHelp(
    "Activations and products in fp32 or bf16, where that is faster by a few mini-batches; weights, statistics and "
      + "the loss stay in fp32.")
  static let evenIfSlowHelp: ArgumentHelp = "Compute in --precision without measuring first."

  /// What a run's options call the precision that it computes in.
  static let key = "computed in"

  let wanted: Precision
  let evenIfSlow: Bool
  var isSupported: (Precision) -> Bool = { $0.isSupported }
  var say: (String) -> Void = warn

  /// The wanted precision, or 32 bits and a message where they are faster or the only ones.
  ///
  /// - Parameters:
  ///   - recorded: what the run that goes on computed in. It is not measured again: a run has one precision from
  ///     its beginning to its end.
  ///   - measure: how long mini-batches take.
  func precision(recorded: String? = nil, measure: () throws -> PrecisionTrial) rethrows
    -> Precision
  {
    guard wanted != .float32 else { return .float32 }
    guard isSupported(wanted) else {
      say("this processor cannot compute in bfloat16; computing in fp32")
      return .float32
    }
    if let recorded = recorded.flatMap(Precision.init(rawValue:)) { return recorded }
    if evenIfSlow { return wanted }
    let trial = try measure()
    if trial.faster != wanted {
      func text(_ seconds: Double) -> String { String(format: "%.3g ms", 1000 * seconds) }
      say(
        "a mini-batch takes \(text(trial.bfloat16)) in bf16 and \(text(trial.float32)) in fp32 here; computing in "
          + "fp32 (--even-if-slow computes in bf16)")
    }
    return trial.faster
  }
}

/// A measurement that runs share: the cells of a grid compute in the same precision.
///
/// A file that cannot be read or written, or is of another measurement, is as if there were none.
struct SharedTrial: Codable, Equatable {
  /// What it depends on.
  let of: [String]
  let trial: PrecisionTrial

  /// - Parameter folder: where it is kept; nowhere if there is none.
  static func trial(
    of context: [String], in folder: String?, measure: () throws -> PrecisionTrial
  ) rethrows -> PrecisionTrial {
    guard let folder else { return try measure() }
    let name = Array(context.joined(separator: "\n").utf8).withUnsafeBytes(checksum(of:))
    let path = "\(folder)/precision-\(hexadecimal(name)).json"
    func known() -> PrecisionTrial? {
      FileManager.default.contents(atPath: path)
        .flatMap { try? JSONDecoder().decode(SharedTrial.self, from: $0) }
        .flatMap { $0.of == context ? $0.trial : nil }
    }
    if let known = known() { return known }
    let trial = try measure()
    // Another run may have been faster.
    if let known = known() { return known }
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    if let bytes = try? JSONEncoder().encode(SharedTrial(of: context, trial: trial)) {
      try? AtomicFile.write([UInt8](bytes), to: path)
    }
    return trial
  }
}

extension SGDOptions {
  /// In which precision the network is trained.
  ///
  /// - Parameter folder: where runs share what was measured.
  func precision(
    _ definition: NetworkDefinition, _ data: Dataset, recorder: CheckpointRecorder?,
    sharedIn folder: String? = nil
  ) throws -> Precision {
    // Of another batch size the trainer says what is wrong.
    guard precision != .float32, (1...data.training.count).contains(batchSize) else {
      return .float32
    }
    let context = [
      try fingerprint(of: definition), "\(data.training.shape)", "\(batchSize)", "\(Threads.count)",
      Provenance.thisProcessor, LC.version,
    ]
    return try PrecisionChoice(wanted: precision, evenIfSlow: evenIfSlow).precision(
      recorded: try recorder?.recorded(PrecisionChoice.key)
    ) {
      try SharedTrial.trial(of: context, in: folder) {
        try PrecisionTrial(training: definition, on: data, batch: batchSize)
      }
    }
  }
}
