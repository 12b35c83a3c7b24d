import Testing

@testable import ModelFiles

@Suite struct NPYTests {
  private func floats(_ bytes: [UInt8]) throws -> [Float] {
    try withFile(bytes) { path in try NPYFile(path: path).floats("file") }
  }

  private func error(_ bytes: [UInt8]) throws -> ModelFileError? {
    try withFile(bytes) { path in modelFileError { _ = try NPYFile(path: path) } }
  }

  @Test func readsVersionsOneToThree() throws {
    for version: UInt8 in 1...3 {
      let text = "{'descr': '|u1', 'fortran_order': False, 'shape': (2, 1), }   \n"
      #expect(try floats(npy(text, version: version, data: [7, 8])) == [7, 8])
    }
  }

  @Test(arguments: [
    ("(3,)", 3), ("(3, 1)", 3), ("(3,1,)", 3), ("( 1 , 3 )", 3), ("()", 1), ("(0,)", 0),
    ("(5, 0)", 0), ("(3L,)", 3),
  ])
  func readsShapes(shape: String, count: Int) throws {
    let data = [UInt8](repeating: 2, count: count)
    #expect(try floats(npy("|u1", shape: shape, data: data)).count == count)
  }

  @Test func readsBothByteOrders() throws {
    #expect(try floats(npy("<i2", shape: "(1,)", data: [1, 2])) == [513])
    #expect(try floats(npy(">i2", shape: "(1,)", data: [1, 2])) == [258])
    #expect(try floats(npy(">f4", shape: "()", data: [0x3F, 0x80, 0, 0])) == [1])
    #expect(try floats(npy("|b1", shape: "(2,)", data: [0, 1])) == [0, 1])
  }

  /// Values of any type come as safetensors files have them.
  @Test func bytesAreLittleEndianAndRowMajor() throws {
    func bytes(_ descr: String, _ data: [UInt8], shape: String = "(2,)", fortran: Bool = false)
      throws -> [UInt8]
    {
      try withFile(npy(descr, shape: shape, isFortranOrder: fortran, data: data)) {
        try NPYFile(path: $0).bytes("file")
      }
    }
    let data = [UInt8](0..<16)
    #expect(try bytes("<i8", data) == data)
    #expect(try bytes(">i8", data) == Array(data[..<8].reversed() + data[8...].reversed()))
    #expect(try bytes(">u2", [1, 2, 3, 4]) == [2, 1, 4, 3])
    #expect(try bytes("<c8", data) == data)
    // A complex number's real part comes first in both orders.
    #expect(
      try bytes(">c8", data) == [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12])
    #expect(try bytes("|b1", [0, 1]) == [0, 1])
    let columns: [UInt8] = [1, 2, 3, 4, 5, 6]
    #expect(try bytes("|u1", columns, shape: "(2, 3)", fortran: true) == [1, 3, 5, 2, 4, 6])
    let wide: [UInt8] = [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6]
    #expect(
      try bytes(">i2", wide, shape: "(2, 3)", fortran: true)
        == [1, 0, 3, 0, 5, 0, 2, 0, 4, 0, 6, 0])
    #expect(
      modelFileError {
        _ = try withFile(npy("<c8", shape: "(2,)", data: data)) {
          try NPYFile(path: $0).floats("file")
        }
      }?.category == .badData)
  }

  @Test(arguments: 0..<40) func fortranOrderBecomesRowMajor(seed: Int) throws {
    var generator = SeededGenerator(seed: seed)
    let shape = generator.shape(rank: 0...4, size: seed % 4 == 0 ? 0...3 : 1...4)
    let count = shape.reduce(1, *)
    let stored = (0..<count).map { UInt8($0 & 255) }
    // Each place of the row-major result, by its indices.
    let expected = (0..<count).map { place in
      var (rest, stride, position) = (place, count, 0)
      var columnStride = 1
      for size in shape {
        stride /= size
        position += rest / stride * columnStride
        rest %= stride
        columnStride *= size
      }
      return Float(stored[position])
    }
    let tuple = "(\(shape.map { "\($0)," }.joined()))"
    #expect(try floats(npy("|u1", shape: tuple, isFortranOrder: true, data: stored)) == expected)
  }

  @Test func theTensorHasTheNameOfTheFile() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/weights.v1.npy"
      try AtomicFile.write(npy("<f4", shape: "(0,)", data: []), to: path)
      #expect(try NPYFile(path: path).tensors.map(\.name) == ["weights.v1"])
      let error = modelFileError { _ = try NPYFile(path: path).floats("other") }
      #expect(error == .noSuchTensor(path: path, tensor: "other"))
    }
  }

  @Test(arguments: [
    "", "{", "{}", "[]", "{'descr': '<f4', 'fortran_order': False, }",
    "{'descr': '<f4', 'shape': (1,), }", "{'fortran_order': False, 'shape': (1,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'x': 1}",
    "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,), }",
    "{'descr': '<f4', 'fortran_order': false, 'shape': (1,), }",
    "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': [1], }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1.0,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775808,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 1), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2305843009213693951,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (\(String(repeating: "1,", count: 65))), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), } x",
    "{'descr': '<f4' 'fortran_order': False, 'shape': (1,), }",
    "{'descr': '<f4\", 'fortran_order': False, 'shape': (1,), }",
    "{'descr': 'f4', 'fortran_order': False, 'shape': (1,), }",
    "{'descr': '|f4', 'fortran_order': False, 'shape': (1,), }",
    "{'descr': '<c8', 'fortran_order': False, 'shape': (1,), }",
    "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
    "{'descr': '<U1', 'fortran_order': False, 'shape': (1,), }",
    "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }",
    "{'descr': '', 'fortran_order': False, 'shape': (1,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (0,), }",
    "{'descr': '<f\\x34', 'fortran_order': False, 'shape': (1,), }",
    "{'descr",
    "{'descr': '<f4', 'fortran_order': False, 'shape': (1",
  ])
  func refusesHeaders(text: String) throws {
    #expect(try error(npy(text, data: [0, 0, 0, 0]))?.category == .badData)
  }

  @Test func everyTruncationIsAnError() throws {
    let whole = npy("<f4", shape: "(2,)", data: [0, 0, 0, 0, 0, 0, 0, 0])
    #expect(try error(whole) == nil)
    for count in 0..<whole.count { #expect(try error(Array(whole[..<count])) != nil) }
    #expect(try error(whole + [0]) != nil)
  }

  @Test func refusesOtherVersionsAndLongHeaders() throws {
    let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (0,), }"
    #expect(try error(npy(text, version: 4)) != nil)
    #expect(try error(npy(text, version: 0)) != nil)
    let long = text + String(repeating: " ", count: 70_000)
    #expect(try error(npy(long, version: 2)) != nil)
    #expect(try error(NPYHeader.magic + [2, 0, 255, 255, 255, 255]) != nil)
  }

  @Test(arguments: 0..<10) func readsTheHeadersThatItWrites(seed: Int) throws {
    var generator = SeededGenerator(seed: seed)
    for dtype in ElementType.allCases {
      let shape = generator.shape()
      guard let header = NPYHeader.encoded(dtype, shape) else {
        #expect(!dtype.isNumeric || dtype == .bf16)
        continue
      }
      #expect(header.count % 64 == 0)
      try withFile(header + generator.bytes(shape.reduce(dtype.byteCount, *))) { path in
        let tensor = try NPYFile(path: path).tensors[0]
        #expect(tensor.dtype == dtype && tensor.shape == shape)
      }
    }
  }
}
