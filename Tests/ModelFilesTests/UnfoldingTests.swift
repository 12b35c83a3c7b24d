import Foundation
import Testing

@testable import ModelFiles

/// Small files that declare very many weights.
@Suite struct UnfoldingTests {
  private func refusal(form: String, count: Int) throws -> ModelFileError? {
    let description =
      #"{"version":1,"order":["w"],"parts":[{"label":"w","operation":"o","tensors":"#
      + #"[{"name":"w","shape":[\#(count)]}],"form":\#(form)}]}"#
    let sources = [
      TensorSource(name: "0.indices", dtype: .u8, shape: [0], bytes: []),
      TensorSource(name: "0.values", shape: [0], floats: []),
      TensorSource(name: "0.codes", dtype: .u8, shape: [0], bytes: []),
      TensorSource(name: "0.codebook", shape: [1], floats: [1]),
    ]
    return try withTemporaryFolder { folder in
      try SafetensorsFile.write(sources, metadata: ["lcm": description], to: folder + "/f")
      return modelFileError { _ = try CompressedModel(path: folder + "/f") }
    }
  }

  private func sparse(_ count: Int) -> String {
    #"{"kind":"sparse","count":\#(count),"entries":0,"coding":"gaps","width":8}"#
  }

  @Test(arguments: [1 << 26 + 1, 1 << 31, Int(UInt32.max), .max])
  func areRefusedBeforeTheyUnfold(count: Int) throws {
    for form in [
      sparse(count), #"{"kind":"codebook","count":\#(count),"levels":1,"groupSize":1,"width":0}"#,
      #"{"kind":"sum","count":\#(count),"parts":[\#(sparse(count))]}"#,
    ] {
      let error = try refusal(form: form, count: count)
      #expect(error?.category == .badData)
      #expect(error.map { "\($0)".contains("more than the \(1 << 26) numbers") } == true)
    }
  }

  @Test func sumsCountTogether() throws {
    let part = sparse(1 << 22)
    let parts = [String](repeating: part, count: 17).joined(separator: ",")
    let sum = #"{"kind":"sum","count":\#(1 << 22),"parts":[\#(parts)]}"#
    #expect(try refusal(form: sum, count: 1 << 22)?.category == .badData)
  }

  @Test func largeFilesMayHoldMore() {
    #expect(StoredForm.limit(fileBytes: 1 << 30) == 1 << 40)
    #expect(StoredForm.limit(fileBytes: .max) == .max)
  }
}
