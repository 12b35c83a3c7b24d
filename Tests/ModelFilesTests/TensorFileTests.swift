import Testing

@testable import ModelFiles

@Suite struct TensorFileTests {
  @Test func theContentDecidesNotTheName() throws {
    let source = TensorSource(name: "w", shape: [1], floats: [4])
    try withTemporaryFolder { folder in
      try SafetensorsFile.write([source], to: folder + "/a.npz")
      try NPZFile.write([source], to: folder + "/a.npy")
      try AtomicFile.write(npy("|u1", shape: "(1,)", data: [4]), to: folder + "/w")
      #expect(try openTensorFile(folder + "/a.npz") is SafetensorsFile)
      #expect(try openTensorFile(folder + "/a.npy") is NPZFile)
      #expect(try openTensorFile(folder + "/w") is NPYFile)
      for name in ["a.npz", "a.npy", "w"] {
        let file = try openTensorFile("\(folder)/\(name)")
        #expect(file.path == "\(folder)/\(name)")
        #expect(try file.floats("w") == [4])
      }
    }
  }

  @Test func aHeaderLengthThatSpellsPKIsNoZipFile() throws {
    let header = "{}" + String(repeating: " ", count: 0x4B50 - 2)
    try withFile(safetensors(header)) { path in
      let start = try contents(path).prefix(2)
      #expect(start.elementsEqual(Zip.magic))
      #expect(try openTensorFile(path) is SafetensorsFile)
    }
  }

  @Test func shortAndMissingFilesGiveErrors() throws {
    for bytes in [
      [], Array("P".utf8), Array("PK".utf8), NPYHeader.magic, [UInt8](repeating: 0, count: 8),
    ] {
      try withFile(bytes) { path in
        #expect(modelFileError { _ = try openTensorFile(path) }?.category == .badData)
      }
    }
    #expect(modelFileError { _ = try openTensorFile("/none") }?.category == .missingInput)
  }

  @Test func notANumberPasses() throws {
    try withTemporaryFolder { folder in
      try SafetensorsFile.write(
        [TensorSource(name: "w", shape: [2], floats: [.nan, -.infinity])], to: folder + "/f")
      let floats = try openTensorFile(folder + "/f").floats("w")
      #expect(floats[0].isNaN && floats[1] == -.infinity)
    }
  }
}
