import ArgumentParser
import Compression
import Datasets
import Foundation
import LearningCompression
import LinearAlgebra
import ModelFiles
import NeuralNetwork
import Recipes

/// What the command line itself finds wrong.
enum Failure: Error, CustomStringConvertible {
  case usage(String)
  case badInput(String)
  /// A signal has ended the run after a checkpoint.
  case interrupted(signal: Int32, folder: String)
  /// A signal has ended a grid, whose processes have written their checkpoints.
  case gridInterrupted(signal: Int32, folder: String)
  /// A process of a grid ended for a reason that is not its cell's.
  case stopped(String, code: Int32 = 71)
  case cannotStart(String)
  case diverged(String)
  /// A checkpoint belongs to a run with other options.
  case otherRun(String)
  /// A grid has come to its end, but not all of its cells.
  case cellsFailed(Int, of: Int, folder: String)

  var description: String {
    switch self {
    case .usage(let message), .badInput(let message), .stopped(let message, _),
      .cannotStart(let message), .otherRun(let message), .diverged(let message):
      message
    case .cellsFailed(let count, let all, let folder):
      "\(count) of \(all) cells failed; \(folder)/report.html lists them with their reasons"
    case .gridInterrupted(let signal, let folder):
      "stopped by \(signal == SIGINT ? "SIGINT" : "SIGTERM") after checkpoints in \(folder); "
        + "the same command goes on"
    case .interrupted(let signal, let folder):
      "stopped by \(signal == SIGINT ? "SIGINT" : "SIGTERM") after a checkpoint; "
        + "go on with --resume \(folder)"
    }
  }

  /// Prints one clear line and ends the program with the code that belongs to the error.
  static func exit(_ error: any Error) -> Never {
    guard let code = code(of: error) else {
      // The argument parser's own, which begin as ours do.
      let message = LC.fullMessage(for: error)
      StandardError.write(
        (message.hasPrefix("Error: ") ? "lc: " + message.dropFirst("Error: ".count) : message)
          + "\n")
      Foundation.exit(LC.exitCode(for: error).rawValue)
    }
    warn("\(error)")
    Foundation.exit(code)
  }

  /// The exit codes of sysexits.h; none for the argument parser's own errors.
  private static func code(of error: any Error) -> Int32? {
    switch error {
    case Failure.usage: 64
    case Failure.badInput: 65
    case Failure.interrupted(let signal, _), Failure.gridInterrupted(let signal, _): 128 + signal
    case Failure.cellsFailed, Failure.diverged: 70
    case Failure.otherRun: 75
    case Failure.stopped(_, let code): code
    case Failure.cannotStart: 71
    case CompressionError.notFinite, CompressionError.malformedForm: 65
    case CompressionError.leftSet: 70
    case is CompressionError: 64
    case NeuralNetworkError.wrongWeights: 65
    case NeuralNetworkError.diverged, LearningCompressionError.diverged: 70
    case NeuralNetworkError.primitiveFailed: 70
    case is NeuralNetworkError, is LearningCompressionError: 64
    case is LinearAlgebraError: 65
    case let error as DatasetError:
      switch error.category {
      case .missingInput: 66
      case .badData: 65
      }
    case let error as ModelFileError:
      switch error.category {
      case .missingInput: 66
      case .badData: 65
      case .cannotWrite: 73
      case .internalError: 70
      }
    case RecipeError.notFound: 66
    case is RecipeError: 65
    default: nil
    }
  }
}
