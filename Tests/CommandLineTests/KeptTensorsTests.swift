import Foundation
import ModelFiles
import Testing

/// What `lc project` does not compress goes through `.lcm` and `lc export` as it is.
@Suite struct KeptTensorsTests {
  private func project(_ space: Workspace, _ file: String, _ plan: String, _ more: String...) throws
    -> Program.Outcome
  {
    try Program.run(
      [
        "project", space.path(file), "--compress", plan, "--output", space.path("o.lcm"), "--json",
        space.path("o.json"),
      ] + more)
  }

  /// A matrix to compress of that type, and tensors of others.
  private func write(_ space: Workspace, _ name: String, half: Bool = false) throws {
    let values = (0..<64).map { Float($0 % 5) - 2 }
    let weights =
      half
      ? TensorSource(
        name: "w", dtype: .f16, shape: [8, 8],
        bytes: values.flatMap { value -> [UInt8] in
          let bits = HalfPrecision.f16(value)
          return [UInt8(truncatingIfNeeded: bits), UInt8(bits >> 8)]
        }) : TensorSource(name: "w", shape: [8, 8], floats: values)
    try SafetensorsFile.write(
      [
        weights,
        TensorSource(name: "ids", dtype: .i64, shape: [1], bytes: [1, 0, 0, 0, 0, 0, 0, 1]),
        TensorSource(name: "none", dtype: .bf16, shape: [0, 2], bytes: []),
        TensorSource(name: "scale", dtype: .f8E4M3, shape: [2], bytes: [7, 8]),
      ], metadata: ["format": "pt", "plan": "theirs", "network": "resnet50"], to: space.path(name))
  }

  @Test func comesOutOfTheExportAsItWas() throws {
    let space = try Workspace(training: 1, test: 1)
    try write(space, "i.safetensors")
    let outcome = try project(space, "i.safetensors", "*: quantize(k=3)", "--entropy")
    #expect(outcome.code == 0, "\(outcome.errors)")
    let export = try Program.run(
      "export", space.path("o.lcm"), "--output", space.path("d.safetensors"))
    #expect(export.code == 0 && export.errors == "", "\(export.errors)")
    let (before, after) = try (
      SafetensorsFile(path: space.path("i.safetensors")),
      SafetensorsFile(path: space.path("d.safetensors"))
    )
    for name in ["ids", "none", "scale"] {
      #expect(
        after[name]?.dtype == before[name]?.dtype && after[name]?.shape == before[name]?.shape)
      #expect(try after.bytes(name) == before.bytes(name))
    }
    #expect(after.metadata["format"] == "pt" && after.metadata["source.plan"] == "theirs")
    #expect(after.metadata["plan"] == "*: quantize(k=3)")
    // A network of another program's does not stop what needs none.
    #expect(try Program.run("info", space.path("o.lcm")).code == 0)
  }

  @Test func ratiosAreGivenAgainstTheSource() throws {
    let space = try Workspace(training: 1, test: 1)
    try write(space, "i.safetensors", half: true)
    let outcome = try project(space, "i.safetensors", "w: sign()")
    #expect(outcome.code == 0 && outcome.output.contains("of source"), "\(outcome.errors)")
    let total = try #require(space.json("o.json")["total"] as? [String: Any])
    #expect(total["ratio"] as? Double == 32 && total["sourceRatio"] as? Double == 16)
    #expect(total["plainBits"] as? Int == 64 + 16 && total["sourceBits"] as? Int == 1024)
    let info = try Program.run("info", space.path("o.lcm"), "--json", space.path("n.json"))
    #expect(info.code == 0 && info.output.contains("of source"))
    #expect(try space.json("n.json")["sourceRatio"] as? Double == 16)

    // By lowrank, the numbers are no longer those of 16 bits.
    #expect(try project(space, "i.safetensors", "w: lowrank(r=2)").code == 0)
    let export = try Program.run(
      "export", space.path("o.lcm"), "--output", space.path("d.safetensors"), "--dtype", "source")
    #expect(export.code == 0 && export.errors.contains("rounded weights: w: "), "\(export.errors)")
    #expect(try SafetensorsFile(path: space.path("d.safetensors"))["w"]?.dtype == .f16)
  }

  @Test func theOriginalIsComparedWith() throws {
    let space = try Workspace(training: 1, test: 1)
    try write(space, "i.safetensors")
    #expect(try project(space, "i.safetensors", "w: quantize(k=2)").code == 0)
    let report = try #require(space.json("o.json")["total"] as? [String: Any])
    func info(_ original: String) throws -> Program.Outcome {
      try Program.run(
        "info", space.path("o.lcm"), "--original", space.path(original), "--json",
        space.path("n.json"))
    }
    let same = try info("i.safetensors")
    #expect(same.code == 0 && same.output.contains("identical"), "\(same.errors)")
    let comparison = try #require(space.json("n.json")["comparison"] as? [String: Any])
    for key in ["relativeError", "squaredError"] {
      #expect(comparison[key] as? Double == report[key] as? Double)
    }

    let file = try SafetensorsFile(path: space.path("i.safetensors"))
    func source(_ name: String, _ bytes: [UInt8]? = nil, shape: [Int]? = nil) throws -> TensorSource
    {
      let entry = try #require(file[name])
      return TensorSource(
        name: name, dtype: entry.dtype, shape: shape ?? entry.shape,
        bytes: try bytes ?? file.bytes(name))
    }
    let all = ["w", "ids", "none", "scale"]
    for (text, tensors) in [
      ("1 of 2 values differ, the first at place 1", [try source("scale", [7, 9])]),
      ("missing in", [TensorSource(name: "more", shape: [0], floats: [])]),
      ("F32 [8, 8], but F32 [64]", [try source("w", shape: [64])]),
    ] {
      let names = tensors.map(\.name)
      try SafetensorsFile.write(
        tensors + all.filter { !names.contains($0) }.map { try source($0) },
        to: space.path("other.safetensors"))
      let other = try info("other.safetensors")
      #expect(other.code == 65 && other.output.contains(text), "\(other.output)\(other.errors)")
      #expect(try space.json("n.json")["comparison"] != nil)
    }
    try SafetensorsFile.write([try source("w")], to: space.path("other.safetensors"))
    #expect(try info("other.safetensors").errors.contains("3 tensors not alike"))
    #expect(try info("o.lcm").code == 65)
    let dense = try Program.run(
      "info", space.path("i.safetensors"), "--original", space.path("i.safetensors"))
    #expect(dense.code == 64)
  }

  @Test func theErrorOfZerosIsNull() throws {
    let space = try Workspace(training: 1, test: 1)
    try SafetensorsFile.write(
      [TensorSource(name: "w", shape: [4], floats: [0, 0, 0, 0])], to: space.path("z"))
    let outcome = try project(space, "z", "w: sign()")
    #expect(outcome.code == 0 && outcome.output.contains("∞"))
    let total = try #require(space.json("o.json")["total"] as? [String: Any])
    #expect(total["relativeError"] is NSNull && total["squaredError"] as? Double == 4)
  }

  @Test func tensorsThatCannotBeCompressedAreToldOf() throws {
    let space = try Workspace(training: 1, test: 1)
    try write(space, "i.safetensors")
    for (plan, text) in [
      ("ids: quantize(k=2)", "tensor 'ids'"), ("scale: sign()", "found F8_E4M3 [2]"),
      ("none: sign()", "found BF16 [0, 2]"),
    ] {
      let outcome = try project(space, "i.safetensors", plan)
      #expect(outcome.code == 65 && outcome.errors.contains(text), "\(outcome.errors)")
      #expect(!FileManager.default.fileExists(atPath: space.path("o.lcm")))
    }
  }

  /// Python's safetensors reads the same bytes before and after, of every type it knows.
  @Test(.enabled(if: hasSafetensors)) func pythonFindsTheSameBytes() throws {
    let space = try Workspace(training: 1, test: 1)
    let make = """
      import json, os, struct, sys
      bits = {'BOOL': 8, 'C64': 64, 'F4': 4, 'F6_E2M3': 6, 'F6_E3M2': 6, 'BF16': 16}
      for name in 'F8_E4M3 F8_E5M2 F8_E8M0 F8_E4M3FNUZ F8_E5M2FNUZ'.split(): bits[name] = 8
      for size in (8, 16, 32, 64):
          for kind in 'IU': bits[f'{kind}{size}'] = size
      for size in (16, 32, 64): bits[f'F{size}'] = size
      header, data = {'__metadata__': {'format': 'pt', 'ü': 'ü'}}, b''
      def add(name, dtype, shape, content):
          global data
          header[name] = {'dtype': dtype, 'shape': shape,
                          'data_offsets': [len(data), len(data) + len(content)]}
          data += content
      add('w', 'F32', [4, 4], struct.pack('<16f', *range(16)))
      for dtype, size in sorted(bits.items(), key=lambda item: -item[1]):
          content = bytes([0, 1, 1, 0]) if dtype == 'BOOL' else os.urandom(4 * size // 8)
          add(dtype, dtype, [2, 2], content)
          add('empty ' + dtype, dtype, [3, 0], b'')
      add('e\\u0301', 'U8', [1], b'1')
      add('\\u00e9', 'U8', [1], b'2')
      text = json.dumps(header, ensure_ascii=False).encode()
      open(sys.argv[1], 'wb').write(struct.pack('<Q', len(text)) + text + data)
      """
    let compare = """
      import sys
      from safetensors import deserialize, safe_open
      before, after = (dict(deserialize(open(path, 'rb').read())) for path in sys.argv[1:])
      assert set(before) == set(after), set(before) ^ set(after)
      assert len(before) == 47
      assert all(before[name] == after[name] for name in before if name != 'w')
      metadata = safe_open(sys.argv[2], 'np').metadata()
      assert metadata['format'] == 'pt' and metadata['ü'] == 'ü'
      """
    try Self.python(make, [space.path("i.safetensors")])
    let outcome = try project(space, "i.safetensors", "w: quantize(k=3)")
    #expect(outcome.code == 0, "\(outcome.errors)")
    let export = try Program.run(
      "export", space.path("o.lcm"), "--output", space.path("d.safetensors"))
    #expect(export.code == 0, "\(export.errors)")
    try Self.python(compare, [space.path("i.safetensors"), space.path("d.safetensors")])
  }

  private static let hasSafetensors = (try? python("import safetensors", [])) != nil

  /// Runs a program in the Python that LC_TEST_PYTHON names; a failure is an error.
  private static func python(_ program: String, _ arguments: [String]) throws {
    let process = Process()
    let interpreter = ProcessInfo.processInfo.environment["LC_TEST_PYTHON"] ?? "python3"
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [interpreter, "-c", program] + arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw CocoaError(.executableLoad) }
  }
}
