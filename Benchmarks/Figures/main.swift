import Compression
import Foundation
import LinearAlgebra

// The figures of Docs/Operators: what each operator makes of a weight, or of a matrix.
//
//     swift run -c release figures FOLDER        needs gnuplot

guard CommandLine.arguments.count == 2 else {
  FileHandle.standardError.write(Data("usage: figures FOLDER\n".utf8))
  exit(64)
}
let folder = URL(fileURLWithPath: CommandLine.arguments[1])
try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)

func `operator`(_ text: String) throws -> any CompressionOperator {
  try CompressionPlan(parsing: "*: " + text).tasks[0].operator
}

var random = RandomGenerator(seed: 1)
let weights = random.normals(4000).sorted()

/// θ against w for the same Gaussian weights.
@MainActor func transfer(_ name: String, _ plans: [String]) throws {
  let blocks = try plans.map { plan in
    let form = try `operator`(plan).compress(WeightView(weights), from: nil, penalty: 1)
    // Every tenth is enough to see.
    return zip(weights, form.decompressed()).enumerated().filter { $0.offset % 10 == 0 }
      .map { [Double($0.element.0), Double($0.element.1)] }
  }
  let lines = plans.enumerated().map {
    "DATA index \($0.offset) using 1:2 with lines lt \($0.offset + 1) title '\($0.element)'"
  }
  try Plot(
    name: name,
    commands: """
      set xlabel "weight w"; set ylabel "compressed θ"; set xrange [-3:3]; set yrange [-3:3]
      plot x with lines lc rgb "#bbbbbb" title "θ = w", \(lines.joined(separator: ", "))
      """, blocks: blocks
  ).write(to: folder)
}

/// Relative error against bits a weight, on 100,000 Gaussian weights.
@MainActor func tradeOff(_ name: String, _ series: [(title: String, plans: [String])]) throws {
  let many = random.normals(100_000)
  let norm = many.squaredNorm
  let blocks = try series.map { series in
    try series.plans.map { plan -> [Double] in
      let form = try `operator`(plan).compress(WeightView(many), from: nil, penalty: 1)
      return [
        Double(form.storage.bits) / Double(many.count),
        many.squaredDistance(to: form.decompressed()) / norm,
      ]
    }
  }
  let lines = series.enumerated().map {
    "DATA index \($0.offset) using 1:2 with linespoints lt \($0.offset + 1) title '\($0.element.title)'"
  }
  try Plot(
    name: name,
    commands: """
      set xlabel "bits a weight"; set ylabel "‖w − θ‖² / ‖w‖²"; set logscale y; set key bottom left
      plot \(lines.joined(separator: ", "))
      """, blocks: blocks
  ).write(to: folder)
}

/// Which weights of a matrix stay.
@MainActor func masks(_ name: String, rows: Int, columns: Int, _ plans: [String]) throws {
  let values = random.normals(rows * columns)
  let blocks = try plans.map { plan in
    let form = try `operator`(plan).compress(
      WeightView(values, shape: [rows, columns]), from: nil, penalty: 1)
    let left = form.decompressed()
    return left.indices.filter { left[$0] != 0 }.map {
      [Double($0 % columns), Double($0 / columns)]
    }
  }
  let panels = plans.enumerated().map {
    "set title '\($0.element)'; plot DATA index \($0.offset) using 1:2 with points pt 5 ps 0.7 lc rgb '#1b6ca8' notitle"
  }
  try Plot(
    name: name,
    commands: """
      set multiplot layout 2,2; unset grid; unset tics
      set xrange [-1:\(columns)]; set yrange [\(rows):-1]
      \(panels.joined(separator: "\n"))
      unset multiplot
      """, blocks: blocks
  ).write(to: folder)
}

/// The singular values of a noisy matrix of rank 12 before and after.
@MainActor func spectra(_ name: String, _ plans: [String]) throws {
  let (m, n) = (60, 80)
  let left = try Matrix(rows: m, columns: 12, values: random.normals(m * 12))
  let right = try Matrix(rows: 12, columns: n, values: random.normals(12 * n))
  let values = zip(try (left * right).values, random.normals(m * n)).map { $0 + 1.5 * $1 }
  func spectrum(_ values: [Float]) throws -> [[Double]] {
    try SingularValueDecomposition(of: Matrix(rows: m, columns: n, values: values))
      .singularValues.enumerated().map { [Double($0 + 1), max(0, Double($1))] }
  }
  let blocks =
    try [spectrum(values)]
    + plans.map { plan in
      try spectrum(
        `operator`(plan).compress(
          WeightView(values, shape: [m, n]), from: nil, penalty: 1
        ).decompressed())
    }
  let lines = (["W"] + plans).enumerated().map {
    "DATA index \($0.offset) using 1:2 with linespoints lt \($0.offset + 1) title '\($0.element)'"
  }
  try Plot(
    name: name,
    commands: """
      set xlabel "number"; set ylabel "singular value"; set key top right; set yrange [0:*]
      plot \(lines.joined(separator: ", "))
      """, blocks: blocks
  ).write(to: folder)
}

/// The norm of each row before and after.
@MainActor func groupNorms(_ name: String, _ plans: [String]) throws {
  let (m, n) = (120, 16)
  var values = random.normals(m * n)
  for index in values.indices { values[index] *= Float(index / n) / Float(m) }
  func norms(_ x: [Float]) -> [Double] {
    (0..<m).map { Array(x[$0 * n..<$0 * n + n]).squaredNorm.squareRoot() }
  }
  let before = norms(values)
  let blocks = try plans.map { plan in
    let form = try `operator`(plan).compress(
      WeightView(values, shape: [m, n]), from: nil, penalty: 1)
    return zip(before, norms(form.decompressed())).map { [$0, $1] }.sorted { $0[0] < $1[0] }
  }
  let lines = plans.enumerated().map {
    "DATA index \($0.offset) using 1:2 with points lt \($0.offset + 1) title '\($0.element)'"
  }
  try Plot(
    name: name,
    commands: """
      set xlabel "norm of a row of W"; set ylabel "norm of the row of Θ"
      plot x with lines lc rgb "#bbbbbb" title "unchanged", \(lines.joined(separator: ", "))
      """, blocks: blocks
  ).write(to: folder)
}

try transfer("quantize", ["quantize(k=2)", "quantize(k=4)", "quantize(k=5, zero)"])
try transfer("fixed-codebooks", ["sign()", "binary()", "ternary()", "powers(c=2)"])
try transfer("uniform", ["uniform(b=2)", "uniform(b=3)", "uniform(b=2, affine)"])
try tradeOff(
  "quantizers",
  [
    ("quantize", [2, 4, 8, 16, 32, 64].map { "quantize(k=\($0))" }),
    ("uniform", (2...6).map { "uniform(b=\($0))" }),
    ("powers", [0, 2, 6, 14].map { "powers(c=\($0))" }),
    ("uniform, per=64", (2...6).map { "uniform(b=\($0), per=64)" }),
  ])
try transfer("prune", ["prune(keep=20%)", "prune(keep=20%, k=4)"])
try masks(
  "structured-pruning", rows: 16, columns: 32,
  [
    "prune(keep=50%, of=rows)", "prune(keep=50%, of=columns)", "prune(keep=50%, of=4x4)",
    "prune(keep=2:4)",
  ])
try transfer(
  "penalties", ["l0penalty(alpha=0.5)", "l1penalty(alpha=0.5)", "elastic(alpha=0.5, ridge=0.5)"])
try transfer("l1ball", ["l1ball(radius=500)", "l1ball(radius=1500)"])
try groupNorms(
  "grouplasso", ["grouplasso(alpha=0.3, of=rows)", "grouplasso(alpha=0.3, of=rows, single=0.5)"])
try spectra("lowrank", ["lowrank(r=12)", "lowrank(energy=50%)", "lowrank(lambda=2)"])
try spectra("nuclear", ["nuclear(alpha=10)", "nuclear(alpha=20)"])
try tradeOff(
  "sum",
  [
    ("quantize", [2, 4, 8].map { "quantize(k=\($0))" }),
    ("prune, 16 bits", [1, 3, 6, 10, 14].map { "prune(keep=\($0)%, bits=16)" }),
    (
      "quantize(k=2) + prune",
      [0.5, 1, 2, 4, 8].map { "quantize(k=2) + prune(keep=\($0)%, bits=16)" }
    ),
    (
      "quantize(k=4) + prune", [0.5, 1, 2, 4].map { "quantize(k=4) + prune(keep=\($0)%, bits=16)" }
    ),
  ])
