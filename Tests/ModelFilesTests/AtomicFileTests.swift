import Foundation
import ModelFiles
import Testing

@Suite struct AtomicFileTests {
  private struct Refusal: Error {}

  @Test func replacesTheOldFile() throws {
    try withFile([1, 2, 3]) { path in
      try AtomicFile.write([4, 5] as [UInt8], to: path)
      #expect(try contents(path) == [4, 5])
    }
  }

  @Test(arguments: [0, 1, 65_535, 65_536, 65_537, 300_000])
  func writesPiecesOfAllSizesInOrder(size: Int) throws {
    var generator = SeededGenerator(seed: size)
    let pieces = [generator.bytes(size), generator.bytes(3), generator.bytes(size)]
    try withTemporaryFolder { folder in
      try AtomicFile.write(to: folder + "/file") { writer in
        try writer.append(pieces[0])
        try pieces[1].withUnsafeBytes { try writer.append($0) }
        try writer.append(Data(pieces[2]))
        #expect(writer.count == 2 * size + 3)
      }
      #expect(try contents(folder + "/file") == pieces.flatMap { $0 })
    }
  }

  @Test func leavesTheOldFileWhenTheBodyThrows() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/file"
      try AtomicFile.write([1, 2, 3] as [UInt8], to: path)
      #expect(throws: Refusal.self) {
        try AtomicFile.write(to: path) { writer in
          try writer.append([UInt8](repeating: 9, count: 100_000))
          throw Refusal()
        }
      }
      #expect(try contents(path) == [1, 2, 3])
      #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["file"])
    }
  }

  @Test func leavesNothingBehindWhenTheRenameFails() throws {
    try withTemporaryFolder { folder in
      let path = folder + "/" + String(repeating: "n", count: 300)
      let error = modelFileError { try AtomicFile.write([1] as [UInt8], to: path) }
      #expect(error?.category == .cannotWrite)
      let left = try FileManager.default.contentsOfDirectory(atPath: folder)
      #expect(left.isEmpty)
    }
  }

  @Test func refusesPathsThatCannotBeFiles() throws {
    try withFile([1]) { file in
      let folder = String(file.dropLast("/file".count))
      let paths = [
        "", folder, folder + "/", folder + "/none/file", file + "/file", "/dev/null", "a\0",
      ]
      for path in paths {
        let error = modelFileError { try AtomicFile.write([2] as [UInt8], to: path) }
        #expect(error?.category == .cannotWrite, "\(path)")
      }
      let left = try contents(file)
      #expect(left == [1])
    }
  }

  /// Links to links, beside them and elsewhere, to what is not there yet.
  @Test func followsLinksToNothingYet() throws {
    try withTemporaryFolder { folder in
      let manager = FileManager.default
      try manager.createDirectory(atPath: folder + "/in", withIntermediateDirectories: false)
      try manager.createSymbolicLink(atPath: folder + "/a", withDestinationPath: "in/b")
      try manager.createSymbolicLink(atPath: folder + "/in/b", withDestinationPath: folder + "/c")
      try AtomicFile.write([7] as [UInt8], to: folder + "/a")
      #expect(try contents(folder + "/c") == [7])
      #expect(try manager.destinationOfSymbolicLink(atPath: folder + "/a") == "in/b")
    }
  }

  @Test func followsALinkAndKeepsPermissions() throws {
    try withFile([1]) { file in
      let link = file + "-link"
      try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: file)
      try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: file)
      try AtomicFile.write([2] as [UInt8], to: link)
      #expect(try contents(file) == [2])
      #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == file)
      let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions]
      #expect(mode as? Int == 0o640)
    }
  }

  @Test func writesIntoTheCurrentFolder() throws {
    let name = "lc-files-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: name) }
    try AtomicFile.write([7] as [UInt8], to: name)
    #expect(try contents(name) == [7])
  }
}
