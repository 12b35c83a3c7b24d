import Compression
import Deflate
import Foundation
import LinearAlgebra
import Testing

@testable import ModelFiles

/// Deflated codes and places come back, whatever their number leaves free in the last byte.
@Suite struct EntropyCodingTests {
  /// The form out of a file that was written with entropy coding, and whether that deflated anything.
  private func readBack(_ form: CompressedForm) throws -> (form: CompressedForm, deflated: Bool) {
    let part = CompressedModel.Part(
      label: "w", operator: "o", tensors: [.init("w", [form.count])], form: form)
    let model = CompressedModel(parts: [part], plain: [], order: ["w"], metadata: [:])
    let coded = try model.packed.entropyCoded()
    return try withTemporaryFolder { folder in
      try coded.model.write(to: folder + "/m.lcm")
      let read = try CompressedModel(path: folder + "/m.lcm")
      return (read.parts[0].form, coded.after < coded.before)
    }
  }

  private func bytes(_ codes: [UInt32], width: Int) -> [UInt8] {
    var writer = BitWriter()
    for code in codes { writer.append(code, width: width) }
    return writer.finished()
  }

  @Test(arguments: 1...16) func anyNumberOfCodesIsRepackedThereAndBack(width: Int) throws {
    var random = SeededGenerator(seed: width)
    for count in 0...100 {
      let codes = (0..<count).map { _ in UInt32.random(in: 0..<1 << UInt32(width), using: &random) }
      let packed = bytes(codes, width: width)
      for wide in width...16 {
        let exact = CodeCount.exactly(count)
        let other = try #require(repacked(packed, from: width, to: wide, of: width, exact))
        #expect(other == bytes(codes, width: wide))
        #expect(repacked(other, from: wide, to: width, of: width, exact) == packed)
        // What the last byte has room for is not a code.
        guard wide > width else { continue }
        #expect(repacked(other + [0], from: wide, to: width, of: width, exact) == packed)
        if count > 0 {
          let short = Array(other.dropLast())
          #expect(repacked(short, from: wide, to: width, of: width, exact) == nil)
        }
      }
    }
  }

  @Test(arguments: 1...16) func gapsEndWithTheirLastEntry(width: Int) throws {
    var random = SeededGenerator(seed: width)
    let filler = UInt32((1 << width) - 1)
    for entries in 0...100 {
      var codes: [UInt32] = []
      for _ in 0..<entries {
        while Int.random(in: 0..<3, using: &random) == 0 { codes.append(filler) }
        codes.append(UInt32.random(in: 0..<filler, using: &random))
      }
      let gaps = CodeCount.gaps(entries: entries, limit: codes.count)
      let packed = bytes(codes, width: width)
      let other = try #require(repacked(packed, from: width, to: 16, of: width, gaps))
      #expect(other == bytes(codes, width: 16))
      #expect(repacked(other, from: 16, to: width, of: width, gaps) == packed)
      if entries > 0, width < 16 {
        let fewer = CodeCount.gaps(entries: entries, limit: codes.count - 1)
        #expect(repacked(other, from: 16, to: width, of: width, fewer) == nil)
      }
    }
  }

  @Test(arguments: 0...16) func codesAreReadAtOnceAsOneByOne(width: Int) {
    var random = SeededGenerator(seed: width)
    for count in 0...100 {
      let codes = (0..<count).map { _ in UInt32.random(in: 0..<1 << UInt32(width), using: &random) }
      let packed = bytes(codes, width: width)
      #expect(BitReader.codes(packed, width: width, count: count) == codes.map { UInt16($0) })
      // Too few bytes are survived.
      let cut = BitReader.codes(Array(packed.dropLast()), width: width, count: count)
      #expect(
        cut.count == count
          && cut.prefix(max(0, count - 9)).elementsEqual(
            codes.map { UInt16($0) }.prefix(max(0, count - 9)))
      )
    }
  }

  @Test func aWideCodeThatDoesNotFitIsRefused() {
    #expect(repacked([0x08], from: 4, to: 3, of: 3, .exactly(1)) == nil)
  }

  @Test(arguments: [2, 3, 5, 8, 9, 16, 17, 33, 200]) func codebooksOfAnySize(levels: Int) throws {
    var deflated = 0
    for count in Array(1...40) + [1003, 1004, 1005, 1006] {
      // Skewed, so that deflating pays.
      let codes = (0..<count).map { UInt16($0 % 13 == 0 ? $0 % levels : 0) }
      let form = CompressedForm.codebook(
        try Codebook(.free((0..<levels).map(Float.init), levels: levels), codes: codes))
      let read = try readBack(form)
      #expect(read.form == form, "\(count)")
      deflated += read.deflated ? 1 : 0
    }
    #expect(deflated > 0)
  }

  /// N:M places are checked to the byte as codes are; free ones are gaps, a bitmap or absolute.
  @Test(arguments: 1...40) func placesOfAnyNumber(runs: Int) throws {
    for run in [3, 5, 8, 17, 100] {
      let places = (0..<runs).flatMap { (index: Int) -> [UInt32] in
        [UInt32(index * run), UInt32(index * run + 2)]
      }
      let values = places.map { (place: UInt32) -> Float in Float(place) + 1 }
      let structured = try Sparse(
        count: runs * run, indices: places, values: values, pattern: .runs(kept: 2, of: run))
      #expect(try readBack(.sparse(structured)).form == .sparse(structured))
      let free = try Sparse(count: runs * run, indices: places, values: values)
      #expect(try readBack(.sparse(free)).form == .sparse(free))
    }
  }

  /// Files from before the codes were counted also deflated what fills the last byte.
  @Test func olderFilesWithCodesTooManyAreRead() throws {
    let codes = (0..<1003).map { (index: Int) -> UInt32 in
      index % 50 == 0 ? UInt32(index % 8) : 0
    }
    let part = CompressedModel.Part(
      label: "w", operator: "o", tensors: [.init("w", [1003])],
      form: .codebook(
        try Codebook(
          .free((0..<8).map(Float.init), levels: 8), codes: codes.map { UInt16($0) })))
    let model = CompressedModel(parts: [part], plain: [], order: ["w"], metadata: [:]).packed
    // 1,003 codes of 3 bits take 377 bytes, which have room for 1,005.
    let wide = bytes(codes + [0, 0], width: 4)
    let stream = try #require(ZlibStream.deflate(wide))
    let old = model.parts.map { part -> PackedModel.Part in
      var part = part
      part.sources = part.sources.map {
        guard $0.name == "0.codes" else { return $0 }
        return TensorSource(
          name: "0.codes.deflated", dtype: .u8, shape: [stream.count], bytes: stream)
      }
      return part
    }
    try withTemporaryFolder { folder in
      let path = folder + "/m.lcm"
      try PackedModel(parts: old, plain: [], order: ["w"], metadata: [:]).write(to: path)
      #expect(try CompressedModel(path: path).parts[0].form == part.form)
    }
  }
}
