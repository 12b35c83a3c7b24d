import Foundation
import Testing

@testable import ModelFiles

/// The Python that the environment variable LC_TEST_PYTHON names, or `python3` on the path.
enum Python {
  static let hasNumpy = run("import numpy") != nil
  static let hasSafetensors = run("import numpy, safetensors.numpy") != nil

  /// Runs a program and returns what it prints, or nothing when it fails.
  static func run(_ program: String, _ arguments: String...) -> String? {
    let process = Process()
    let interpreter = ProcessInfo.processInfo.environment["LC_TEST_PYTHON"] ?? "python3"
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [interpreter, "-c", program] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return process.terminationStatus == 0 ? text : nil
  }
}

/// Files go to and fro between this module and the formats' own implementations.
@Suite struct PythonTests {
  private static let dtypes: [(ElementType, String)] = [
    (.bool, "bool"), (.u8, "uint8"), (.i8, "int8"), (.u16, "uint16"), (.i16, "int16"),
    (.u32, "uint32"),
    (.i32, "int32"), (.u64, "uint64"), (.i64, "int64"), (.f16, "float16"), (.f32, "float32"),
    (.f64, "float64"),
  ]

  @Test(.enabled(if: Python.hasNumpy)) func readsWhatNumpyWrites() throws {
    let program = """
      import sys, numpy as np
      arrays = {}
      for t in 'bool uint8 int8 uint16 int16 uint32 int32 uint64 int64 float16 float32 float64'.split():
          for order in '<>':
              a = np.arange(24).reshape(2, 3, 4).astype(np.dtype(t).newbyteorder(order))
              arrays[t + order] = a
              arrays['ü/' + t + order] = np.asfortranarray(a)
      arrays['scalar'] = np.float32(5); arrays['empty'] = np.zeros((0, 3), 'f4')
      arrays['one'] = np.ones((1, 1), 'f4', order='F'); arrays['vector'] = np.arange(3.)
      np.savez(sys.argv[1] + '/s.npz', **arrays)
      np.savez_compressed(sys.argv[1] + '/c.npz', **arrays)
      np.save(sys.argv[1] + '/v.npy', np.arange(6, dtype='>i4').reshape(3, 2, order='F'))
      """
    try withTemporaryFolder { folder in
      try #require(Python.run(program, folder) != nil)
      for name in ["s.npz", "c.npz"] {
        let file = try openTensorFile("\(folder)/\(name)")
        #expect(file.tensors.count == 52)
        for tensor in file.tensors where tensor.count == 24 {
          let isBool = tensor.dtype == .bool
          let expected = (0..<24).map { isBool ? min(Float($0), 1) : Float($0) }
          #expect(try file.floats(tensor.name) == expected, "\(tensor.name)")
          #expect(tensor.shape == [2, 3, 4])
        }
        #expect(try file.floats("scalar") == [5])
        #expect(try file.floats("empty") == [])
        #expect(try file.floats("one") == [1])
        #expect(try file.floats("vector") == [0, 1, 2])
      }
      #expect(try openTensorFile(folder + "/v.npy").floats("v") == [0, 3, 1, 4, 2, 5])
    }
  }

  @Test(.enabled(if: Python.hasNumpy), arguments: [false, true])
  func numpyReadsWhatIsWritten(isWide: Bool) throws {
    var generator = SeededGenerator(seed: 7)
    var sources = Self.dtypes.map { dtype, name in
      TensorSource(
        name: name, dtype: dtype, shape: [2, 3],
        bytes: dtype == .bool ? [0, 1, 1, 0, 0, 1] : generator.bytes(6 * dtype.byteCount))
    }
    sources.append(TensorSource(name: "größe/🧠", shape: [], floats: [2.5]))
    sources.append(TensorSource(name: "vector", shape: [3], floats: [1, 2, 3]))
    sources.append(TensorSource(name: "empty", shape: [0, 4], floats: []))
    let program = """
      import sys, numpy as np, zipfile
      assert zipfile.ZipFile(sys.argv[1]).testzip() is None
      z = np.load(sys.argv[1])
      for n in z.files: print(n, z[n].dtype, z[n].shape, z[n].tobytes().hex(), sep='|')
      """
    try withTemporaryFolder { folder in
      let path = folder + "/f.npz"
      if isWide {
        try NPZFile.write(sources, to: path, zip64From: 0, orMembers: 0)
      } else {
        try NPZFile.write(sources, to: path)
      }
      let lines = try #require(Python.run(program, path)).split(separator: "\n")
      #expect(lines.map(String.init) == sources.map { Self.line($0) })
    }
  }

  @Test(.enabled(if: Python.hasSafetensors)) func readsWhatSafetensorsWrites() throws {
    let program = """
      import sys, numpy as np
      from safetensors.numpy import save_file
      t = {n: np.arange(24).reshape(2, 3, 4).astype(n)
           for n in 'bool uint8 int8 uint16 int16 uint32 int32 uint64 int64 float16 float32 float64'.split()}
      t['it"s\\n\\\\ü🧠'] = np.array(5, 'f4'); t['empty'] = np.zeros((0, 3), 'f4')
      save_file(t, sys.argv[1], metadata={'key': 'välue"', 'a': ''})
      """
    try withTemporaryFolder { folder in
      try #require(Python.run(program, folder + "/f") != nil)
      let file = try SafetensorsFile(path: folder + "/f")
      #expect(file.metadata == ["key": "välue\"", "a": ""])
      #expect(file.tensors.count == 14)
      for (dtype, name) in Self.dtypes {
        #expect(file[name]?.dtype == dtype)
        #expect(
          try file.floats(name) == (0..<24).map { dtype == .bool ? min(Float($0), 1) : Float($0) })
      }
      #expect(try file.floats("it\"s\n\\ü🧠") == [5])
      #expect(try file.floats("empty") == [])
    }
  }

  @Test(.enabled(if: Python.hasSafetensors)) func safetensorsReadsWhatIsWritten() throws {
    var generator = SeededGenerator(seed: 8)
    var sources = Self.dtypes.map { dtype, name in
      TensorSource(
        name: name, dtype: dtype, shape: [3, 1],
        bytes: dtype == .bool ? [0, 1, 1] : generator.bytes(3 * dtype.byteCount))
    }
    sources.append(TensorSource(name: "größe \"🧠\"\\", shape: [], floats: [2.5]))
    sources.append(TensorSource(name: "empty", shape: [0, 4], floats: []))
    let program = """
      import sys
      from safetensors import safe_open
      f = safe_open(sys.argv[1], 'numpy')
      for k, v in sorted(f.metadata().items()): print(k, v, sep='|')
      for n in sorted(f.keys()):
          a = f.get_tensor(n); print(n, a.dtype, a.shape, a.tobytes().hex(), sep='|')
      """
    try withTemporaryFolder { folder in
      try SafetensorsFile.write(sources, metadata: ["b": "\"ü\"", "a": "1"], to: folder + "/f")
      let lines = try #require(Python.run(program, folder + "/f")).split(separator: "\n")
      let expected = sources.sorted { $0.name < $1.name }.map { Self.line($0) }
      #expect(lines.map(String.init) == ["a|1", "b|\"ü\""] + expected)
    }
  }

  /// What the programs print of one tensor.
  private static func line(_ source: TensorSource) -> String {
    var hex = ""
    try? source.provide { piece in
      for byte in piece { hex += (byte < 16 ? "0" : "") + String(byte, radix: 16) }
    }
    let dtype = dtypes.first { $0.0 == source.dtype }?.1 ?? ""
    let sizes = source.shape.map(String.init).joined(separator: ", ")
    return "\(source.name)|\(dtype)|(\(sizes)\(source.shape.count == 1 ? "," : ""))|\(hex)"
  }
}
