import CZlib
import Compression
import Foundation
import LearningCompression
import LinearAlgebra
import ModelFiles
import NeuralNetwork

/// Small valid files of every kind.
struct Corpus {
  private(set) var tensorFiles: [[UInt8]] = []
  private(set) var models: [[UInt8]] = []
  private(set) var checkpoints: [[UInt8]] = []
  let plans = [
    "joint(*.weight): quantize(k=2) + prune(keep=10%)", "*: binary()", "a.weight: lowrank(r=2)",
    "a.weight: quantize(k=3, per=row); b.weight: ternary() + prune(keep=3)",
    "vector(a.weight): powers(c=3); matrix(b.weight): uniform(b=2, affine, per=4) + lowrank(r=1)",
    "a.*: quantize(k=4, exact); b.*: sign()",
    "a.weight: prune(keep=2:4); b.weight: prune(keep=2, of=rows, bits=16) + binary()",
    "a.weight: prune(keep=3, of=2x3, k=2); b.weight: lowrank(r=1, bits=16); *.bias: l1ball(radius=1)",
    "*, !'b.weight', !*.bias: prune(keep=1:2, along=inputs)",
  ]
  let recipes = [
    """
    network: lenet300
    nesterov: true
    mu: 0.003  # a comment
    compress:
      - tensors: ["a.*", '*.weight']
        view: joint
        operators: [quantize(k=2), {prune: {keep: 1%, bits: 16}}, {binary: }]
      - {tensors: b.weight, operators: lowrank(r=2)}
    """,
    "\"compress\": >-\n  *: binary();\n  a.weight: sign()\nsteps: !!int 4\n...\n",
    "compress: |\n  [ab].weight: binary()\nseed: ~\nresume: no\n",
    "%YAML 1.1\n---\ndata: &d x\nmodel: \"\\u00e9\\x41 \\\n  y\"\n? mu\n: 1\n",
  ]
  let layout: ArenaLayout

  init() throws {
    layout = try ArenaLayout([
      ("a.weight", [6, 8]), ("a.bias", [6]), ("b.weight", [4, 6]), ("b.bias", [4]),
    ])
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("lc-corpus-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("f").path
    func written(_ write: () throws -> Void) throws -> [UInt8] {
      try write()
      return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }
    let weights = self.weights()
    let floats = TensorSource(name: "x", shape: [3, 4], floats: (0..<12).map(Float.init))
    let bytes = TensorSource(name: "é\"", dtype: .bf16, shape: [2], bytes: [1, 2, 3, 4])
    let none = TensorSource(name: "", dtype: .i64, shape: [0, 5], bytes: [])
    let small = TensorSource(name: "s", dtype: .f4, shape: [2, 3], bytes: [1, 2, 3])
    tensorFiles = [
      try written {
        try SafetensorsFile.write(
          [floats, bytes, none, small], metadata: ["format": "pt"], to: path)
      },
      try written {
        try NPZFile.write([floats, TensorSource(name: "y", shape: [], floats: [1])], to: path)
      },
      Self.npy("<f4", "(3, 5)", fortran: true, [UInt8](repeating: 7, count: 60)),
      Self.npy(">i2", "(2, 2)", fortran: false, Array(0..<8)),
      Self.zip([
        ("a.npy", Self.npy("<f8", "(40,)", fortran: false, [UInt8](repeating: 0, count: 320)))
      ]),
      Self.zip([
        ("a.npy", Self.npy("<U2", "(2,)", fortran: false, [UInt8](repeating: 65, count: 16))),
        ("b.npy", Self.npy(">c8", "(1, 2)", fortran: true, Array(0..<16))),
      ]),
    ]
    let network = try NetworkDefinition(
      name: "n", input: [8], layers: [.linear("a", 6), .tanh, .linear("b", 4)])
    let residual = try NetworkDefinition(
      name: "r", input: [2, 4, 4],
      layers: [
        .convolution("a", 3, kernel: 3, padding: 1), .batchNorm("n"), .relu,
        .residual(
          "b", [.convolution("c", 4, kernel: 3, stride: 2, padding: 1)],
          shortcut: .mapped([2, -1, 0, -1])), .tanh, .flatten, .linear("d", 3),
      ])
    let short =
      #"{"name":"s","input":[1,4,4],"layers":[{"convolution":{"name":"a","channels":2,"kernel":3}},"relu","#
      + #"{"residual":{"name":"b","body":["tanh"]}},{"maxPool":{"size":2}},{"linear":{"name":"c","outputs":3}}]}"#
    let texts =
      try [network, residual].map {
        String(decoding: try JSONEncoder().encode($0), as: UTF8.self)
      } + [short]
    for (index, plan) in plans.enumerated() {
      let text = texts[index % texts.count]
      let resolved = try ResolvedPlan(CompressionPlan(parsing: plan), for: layout)
      let forms = try resolved.compress(weights, mu: 1, into: Arena(layout))
      let model = CompressedModel(
        resolved, forms: forms, weights: weights, metadata: ["network": text, "plan": plan])
      models.append(try written { try model.write(to: path) })

      let alternation = try Alternation(
        schedule: .exponential(initial: 0.1, growth: 2, steps: 2), budget: .each(.batches(3)))
      let run = try AlternationRun(alternation, resolved, learning: learning())
      _ = try run.finish()
      checkpoints.append(try written { try run.state.checkpoint().write(to: path) })
    }
    // A file of 16-bit weights, with tensors of other types and metadata of its own beside them.
    let half = TensorSource(
      name: "h", dtype: .f16, shape: [5, 16], bytes: (0..<160).map { UInt8($0 % 59) })
    let mixed = path + "-mixed"
    try SafetensorsFile.write(
      [half, floats, bytes, none, small], metadata: ["format": "pt", "plan": "x"], to: mixed)
    let projection = try Projection(
      SafetensorsFile(path: mixed), plan: CompressionPlan(parsing: "h: quantize(k=6)"))
    models.append(try written { try projection.model.entropyCoded().model.write(to: path) })
  }

  func weights() -> Arena {
    let weights = Arena(layout)
    var random = RandomGenerator(seed: 1)
    for index in 0..<layout.count { weights.floats[index] = random.normal() }
    return weights
  }

  func learning() -> QuadraticLearning {
    let curvature = Arena(layout)
    curvature.floats.update(repeating: 1)
    return QuadraticLearning(minimum: weights(), curvature: curvature)
  }

  static func npy(_ dtype: String, _ shape: String, fortran: Bool, _ data: [UInt8]) -> [UInt8] {
    let text =
      "{'descr': '\(dtype)', 'fortran_order': \(fortran ? "True" : "False"), 'shape': \(shape), }\n"
    let count = text.utf8.count
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(count & 255), UInt8(count >> 8)]
      + Array(text.utf8) + data
  }
}
