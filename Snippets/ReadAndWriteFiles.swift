// Reads, compresses and writes files of tensors.

import Compression
import Foundation
import LinearAlgebra
import ModelFiles

let folder = FileManager.default.temporaryDirectory.path

// snippet.write
var random = RandomGenerator(seed: 1)
let values = random.normals(64 * 32)
try SafetensorsFile.write(
  [TensorSource(name: "fc.weight", shape: [64, 32], floats: values)],
  metadata: ["note": "an example"], to: "\(folder)/weights.safetensors")
// snippet.end

// snippet.read
let file = try openTensorFile("\(folder)/weights.safetensors")
for tensor in file.tensors {
  print(tensor.name, tensor.shape, tensor.dtype.rawValue, tensor.byteRange)
}
let weights = try file.floats("fc.weight")
// snippet.end
precondition(weights == values)

// snippet.project
let plan = try CompressionPlan(parsing: "*: quantize(k=16)")
let projection = try Projection(file, plan: plan)
for row in projection.rows {
  print(row.name, row.bits, "bits, relative error", row.relativeError.value ?? .nan)
}
try projection.model.write(to: "\(folder)/weights.lcm")
// snippet.end

// snippet.model
let model = try CompressedModel(path: "\(folder)/weights.lcm")
print(model.bits, "bits,", model.ratio, "times fewer")
for tensor in model.decompressed() {
  print(tensor.shape.name, tensor.shape.shape, tensor.floats?.count ?? 0, "weights")
}
// snippet.end
