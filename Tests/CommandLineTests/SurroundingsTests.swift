import Foundation
import ModelFiles
import Testing

/// Streams that are closed, full or left, and too little memory.
@Suite struct SurroundingsTests {
  private let space: Workspace
  private let weights: String

  init() throws {
    space = try CommandLineTests.trained.get()
    weights = space.path("r.safetensors")
  }

  @Test(arguments: ["2>/dev/full", "2>&-", "<&- 2>&-", "<&- >&- 2>&-"])
  func aRunGoesOnWhereItsMessagesHaveNoPlace(streams: String) throws {
    let output = space.path(UUID().uuidString)
    let outcome = try Program.shell(
      """
      "$0" train --network lenet300 --data "$1" --max-steps 1 --batch-size 8 --output "$2" \(streams)
      """, space.data, output)
    #expect(outcome.code == 0)
    #expect(try SafetensorsFile(path: output).tensors.count == 6)
    #expect(try Program.shell("\"$0\" info none \(streams)").code == 66)
  }

  @Test(arguments: ["info \"$1\"", "--help", "--version", "evaluate --help"])
  func whatCannotBePrintedIsAnError(command: String) throws {
    let outcome = try Program.shell("\"$0\" \(command) >/dev/full", weights)
    #expect(outcome.code == 73)
    #expect(outcome.errors.hasPrefix("lc: standard output: cannot be written: "))
  }

  /// Files are written all the same.
  @Test(arguments: ["", "trap '' PIPE; "]) func aPipeThatNobodyReadsEndsItQuietly(before: String)
    throws
  {
    let folder = space.path(UUID().uuidString)
    let outcome = try Program.shell(
      """
      \(before)mkdir "$2"; cd "$2"
      {
        until [ -e left ]; do :; done
        "$0" info "$1" --json report.json
        echo $? >code
      } | { exec <&-; : >left; }
      cat code
      """, weights, folder)
    #expect(outcome.output == "\(128 + SIGPIPE)\n")
    #expect(outcome.errors.isEmpty)
    #expect(FileManager.default.fileExists(atPath: "\(folder)/report.json"))
  }

  /// OpenBLAS takes more while it is loaded, and would ask for it for ever.
  @Test(.timeLimit(.minutes(1))) func tooLittleMemoryIsAnError() throws {
    let outcome = try Program.shell("ulimit -v 250000; \"$0\" info \"$1\"", weights)
    #expect(outcome.code == 71)
    #expect(outcome.errors.hasPrefix("lc: out of memory"), "\(outcome.errors)")
    #expect(outcome.errors.split(separator: "\n").count == 1)
  }
}
