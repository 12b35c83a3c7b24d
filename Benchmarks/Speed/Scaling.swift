import Compression
import Foundation
import LinearAlgebra

/// Time and memory from 10⁵ to 10⁸ weights: a line `operator n seconds peak-bytes-per-input-byte` each.
///
/// The peak is the process's, measured by the kernel and reset before each case.
func measureScaling() throws {
  print("# operator\tn\tseconds\tpeak memory / input")
  for plan in [
    "quantize(k=2)", "quantize(k=16)", "prune(keep=5%)", "prune(keep=1%) + quantize(k=2)",
  ] {
    let `operator` = try CompressionPlan(parsing: "*: " + plan).tasks[0].operator
    for count in [100_000, 1_000_000, 10_000_000, 100_000_000] {
      var random = RandomGenerator(seed: 7)
      let target = try WeightView(random.normals(count, scale: 0.05))
      let base = try residentBytes("VmRSS")
      try "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
      let times = try time(repetitions: count > 10_000_000 ? 1 : 5) {
        _ = try `operator`.compress(target, from: nil, penalty: 1)
      }
      let peak = try residentBytes("VmHWM") - base
      // The input itself counts once.
      let share = 1 + Double(peak) / Double(4 * count)
      print("\(plan)\t\(count)\t\(times.median)\t\(String(format: "%.2f", share))")
    }
  }
}

/// A line of the kernel's account of this process, in bytes.
private func residentBytes(_ name: String) throws -> Int {
  let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
  let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
  return 1024 * (line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0)
}
