import Foundation
import LinearAlgebra
import NeuralNetwork

// Time of the hot paths, on this machine. Run it on an otherwise idle one:
//
//     swift run -c release speed [batches | lstep | cnn | evaluation | cstep | scaling | all]
//     swift run -c release speed layers NETWORK [fp32 | bf16]
//     swift run -c release speed project COLD.npy WARM.npy OPERATOR

let arguments = Array(CommandLine.arguments.dropFirst())
let known = ["batches", "lstep", "cnn", "evaluation", "cstep", "scaling", "all"]
func has(_ section: String) -> Bool {
  arguments.isEmpty || arguments.contains("all") || arguments.contains(section)
}

if arguments.first == "layers", (2...3).contains(arguments.count),
  NetworkZoo.names.contains(arguments[1]),
  let precision = Precision(rawValue: arguments.count > 2 ? arguments[2] : "fp32")
{
  try measureLayers(arguments[1], precision)
} else if arguments.first == "project", arguments.count == 4 {
  try measureProjection(cold: arguments[1], warm: arguments[2], plan: arguments[3])
} else if arguments.allSatisfy(known.contains) {
  print("threads: \(Threads.count)")
  if has("batches") { try measureBatches() }
  if has("lstep") { try measureLearningSteps() }
  if has("cnn") { try measureConvolutionalSteps() }
  if has("evaluation") { try measureEvaluations() }
  if has("cstep") { try measureCompressionSteps() }
  if has("scaling") { try measureScaling() }
} else {
  let networks = NetworkZoo.names.joined(separator: " | ")
  let usage =
    "usage: speed [\(known.joined(separator: " | "))]\n"
    + "       speed layers \(networks) [fp32 | bf16]\n"
    + "       speed project COLD.npy WARM.npy OPERATOR\n"
  FileHandle.standardError.write(Data(usage.utf8))
  exit(64)
}
