import Foundation
import ModelFiles
import Testing

/// A folder that goes away with the value; it holds a little data set and some weights.
final class Workspace: Sendable {
  let folder: URL
  var data: String { folder.appendingPathComponent("data").path }

  init(training: Int = 120, test: Int = 40) throws {
    folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(
      at: folder.appendingPathComponent("data"), withIntermediateDirectories: true)
    try writeImages("train", count: training)
    try writeImages("t10k", count: test)
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func path(_ name: String) -> String { folder.appendingPathComponent(name).path }

  /// Images of 28 × 28 whose class shows in which rows are bright.
  func writeImages(_ part: String, count: Int) throws {
    func header(_ words: [Int]) -> [UInt8] {
      words.flatMap { word in withUnsafeBytes(of: UInt32(word).bigEndian) { Array($0) } }
    }
    var images = header([0x803, count, 28, 28])
    var labels = header([0x801, count])
    for image in 0..<count {
      let label = image % 10
      labels.append(UInt8(label))
      for pixel in 0..<784 {
        images.append(pixel / 56 == label ? 200 : UInt8((pixel * 31 + image * 17) % 50))
      }
    }
    try Data(images.map { UInt8($0) }).write(
      to: folder.appendingPathComponent("data/\(part)-images-idx3-ubyte"))
    try Data(labels.map { UInt8($0) }).write(
      to: folder.appendingPathComponent("data/\(part)-labels-idx1-ubyte"))
  }

  func train(_ output: String, _ more: String...) throws -> Program.Outcome {
    try Program.run(
      [
        "train", "--network", "lenet300", "--data", data, "--epochs", "2", "--batch-size", "16",
        "--output", path(output), "--json", path("train.json"),
      ] + more)
  }

  func compress(_ plan: String, _ more: [String] = [], output: String = "c.lcm") throws
    -> Program.Outcome
  {
    try Program.run(
      [
        "compress", "--network", "lenet300", "--data", data, "--model", path("r.safetensors"),
        "--compress", plan, "--batch-size", "16", "--steps", "2", "--epochs-per-step", "1",
        "--output", path(output), "--json", path("compress.json"),
      ] + more)
  }

  func json(_ name: String) throws -> [String: Any] {
    let object = try JSONSerialization.jsonObject(
      with: Data(contentsOf: folder.appendingPathComponent(name)))
    return try #require(object as? [String: Any])
  }
}
