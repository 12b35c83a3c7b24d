import Foundation
import LinearAlgebra

// Time of the hot paths, on this machine. Run it on an otherwise idle one:
//
//     swift run -c release speed [lstep | cstep | all]

let sections = CommandLine.arguments.dropFirst()
let wanted = sections.isEmpty ? ["all"] : Array(sections)
let known = ["lstep", "cstep", "all"]
guard wanted.allSatisfy(known.contains) else {
  FileHandle.standardError.write(Data("usage: speed [\(known.joined(separator: " | "))]\n".utf8))
  exit(64)
}
func has(_ section: String) -> Bool { wanted.contains("all") || wanted.contains(section) }

print("threads: \(Threads.count)")
if has("lstep") { try measureLearningSteps() }
if has("cstep") { try measureCompressionSteps() }
