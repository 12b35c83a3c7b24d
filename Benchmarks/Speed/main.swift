import Foundation
import LinearAlgebra

// Time of the hot paths, on this machine. Run it on an otherwise idle one:
//
//     swift run -c release speed [lstep | cstep | scaling | all]
//     swift run -c release speed project COLD.npy WARM.npy OPERATOR

if CommandLine.arguments.count == 5, CommandLine.arguments[1] == "project" {
  let files = CommandLine.arguments
  try measureProjection(cold: files[2], warm: files[3], plan: files[4])
  exit(0)
}
let sections = CommandLine.arguments.dropFirst()
let wanted = sections.isEmpty ? ["all"] : Array(sections)
let known = ["lstep", "cstep", "scaling", "all"]
guard wanted.allSatisfy(known.contains) else {
  FileHandle.standardError.write(Data("usage: speed [\(known.joined(separator: " | "))]\n".utf8))
  exit(64)
}
func has(_ section: String) -> Bool { wanted.contains("all") || wanted.contains(section) }

print("threads: \(Threads.count)")
if has("lstep") { try measureLearningSteps() }
if has("cstep") { try measureCompressionSteps() }
if has("scaling") { try measureScaling() }
