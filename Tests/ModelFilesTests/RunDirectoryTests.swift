import Compression
import Foundation
import LinearAlgebra
import ModelFiles
import Testing

@Suite struct RunDirectoryTests {
  private func checkpoint(_ number: Int) throws -> Checkpoint {
    Checkpoint(
      state: Snapshot(floats: ["w": [1, -0.0, Float(number)]], values: ["n": "\(number)"]),
      forms: [
        "present": [
          .sparse(try Sparse(count: 9, indices: [1, 7], values: [2, 3])),
          .codebook(try Codebook(.free([0, 1], levels: 2), codes: [1, 0, 1])),
        ], "none": [],
      ])
  }

  private func files(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0 != "lock" }.sorted()
  }

  @Test func aCheckpointComesBackWhole() throws {
    try withTemporaryFolder { folder in
      let written = try checkpoint(3)
      try written.write(to: folder + "/c")
      #expect(try Checkpoint(path: folder + "/c") == written)
      let file = try SafetensorsFile(path: folder + "/c")
      #expect(file.tensors.last?.name == "checksum")
    }
  }

  @Test func anyChangedByteIsNoticed() throws {
    try withTemporaryFolder { folder in
      try checkpoint(3).write(to: folder + "/c")
      let whole = try contents(folder + "/c")
      for place in whole.indices {
        var bytes = whole
        bytes[place] ^= 1
        try Data(bytes).write(to: URL(fileURLWithPath: folder + "/c"))
        #expect(modelFileError { _ = try Checkpoint(path: folder + "/c") } != nil, "\(place)")
      }
      for count in [0, 7, 8, whole.count / 2, whole.count - 1] {
        try Data(whole.prefix(count)).write(to: URL(fileURLWithPath: folder + "/c"))
        #expect(modelFileError { _ = try Checkpoint(path: folder + "/c") } != nil, "\(count)")
      }
    }
  }

  @Test func keepsTheLastTwoAndFallsBack() throws {
    try withTemporaryFolder { folder in
      do {
        let run = try RunDirectory(creating: folder + "/run")
        #expect(try run.load() == nil)
        for number in 1...5 { try run.save(checkpoint(number)) }
      }
      let names = try files(folder + "/run")
      #expect(names == ["checkpoint-000004.safetensors", "checkpoint-000005.safetensors"])
      let newest = "\(folder)/run/\(names[1])"
      try Data(contents(newest).dropLast()).write(to: URL(fileURLWithPath: newest))
      try Data().write(to: URL(fileURLWithPath: folder + "/run/.lc-left.tmp"))

      let run = try RunDirectory(opening: folder + "/run")
      var skipped = 0
      #expect(try run.load { _ in skipped += 1 } == checkpoint(4))
      #expect(skipped == 1)
      // The good one stays until there is another good one.
      try run.save(checkpoint(6))
      #expect(
        try files(folder + "/run") == [
          "checkpoint-000004.safetensors", "checkpoint-000006.safetensors",
        ])
    }
  }

  @Test func saysWhenAllAreDamaged() throws {
    try withTemporaryFolder { folder in
      do {
        let run = try RunDirectory(creating: folder)
        for number in 1...2 { try run.save(checkpoint(number)) }
      }
      for name in try files(folder) {
        try Data("no".utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
      }
      let run = try RunDirectory(opening: folder)
      #expect(modelFileError { _ = try run.load() }?.category == .badData)
    }
  }

  @Test func isForOneRunAndOneProcess() throws {
    try withTemporaryFolder { folder in
      do {
        let run = try RunDirectory(creating: folder)
        try run.save(checkpoint(1))
        // A lock belongs to the open file, so a second one in this process is refused as well.
        #expect(modelFileError { _ = try RunDirectory(opening: folder) } == .locked(path: folder))
      }
      #expect(
        modelFileError { _ = try RunDirectory(creating: folder) }?.category == .cannotWrite)
      #expect(
        modelFileError { _ = try RunDirectory(opening: folder + "/none") }
          == .notFound(path: folder + "/none"))
      #expect(
        modelFileError { _ = try RunDirectory(creating: "/dev/null/run") }?.category == .cannotWrite
      )
      _ = try RunDirectory(opening: folder)
    }
  }
}
