import Foundation
import LinearAlgebra
import NeuralNetwork

// Time of the hot paths, on this machine. Run it on an otherwise idle one:
//
//     swift run -c release speed [lstep | cnn | cstep | all]
//     swift run -c release speed layers NETWORK [fp32 | bf16]

let arguments = Array(CommandLine.arguments.dropFirst())
let known = ["lstep", "cnn", "cstep", "all"]
func has(_ section: String) -> Bool {
  arguments.isEmpty || arguments.contains("all") || arguments.contains(section)
}

if arguments.first == "layers", (2...3).contains(arguments.count),
  NetworkZoo.names.contains(arguments[1]),
  let precision = Precision(rawValue: arguments.count > 2 ? arguments[2] : "fp32")
{
  try measureLayers(arguments[1], precision)
} else if arguments.allSatisfy(known.contains) {
  print("threads: \(Threads.count)")
  if has("lstep") { try measureLearningSteps() }
  if has("cnn") { try measureConvolutionalSteps() }
  if has("cstep") { try measureCompressionSteps() }
} else {
  let networks = NetworkZoo.names.joined(separator: " | ")
  let usage =
    "usage: speed [\(known.joined(separator: " | "))]\n"
    + "       speed layers \(networks) [fp32 | bf16]\n"
  FileHandle.standardError.write(Data(usage.utf8))
  exit(64)
}
