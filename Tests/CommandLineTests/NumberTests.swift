import Testing

@testable import lc

/// Numbers of options, however they are written.
@Suite struct NumberTests {
  private func train(_ words: String) throws -> TrainCommand {
    let command = try TrainCommand.parse(
      ["--network", "lenet300", "--data", "d"] + words.split(separator: " ").map(String.init))
    return command
  }

  @Test(arguments: ["2,4", "2 4", "2, 4", "2e+0,4"])
  func milestonesAreAList(text: String) throws {
    let command = try train("--schedule steps --milestones \(text)")
    #expect(command.milestones.flatMap(\.numbers) == [2, 4])
  }

  @Test(arguments: ["30", "1,31", "2,x", ",", "2 no"]) func wrongMilestonesAreErrors(text: String) {
    #expect(throws: (any Error).self) { try train("--schedule steps --milestones \(text)") }
  }

  @Test func anExponentMakesANumber() throws {
    let command = try train(
      "--epochs 1e+3 --seed 1.5E1 --learning-rate 1e-1 --checkpoint-every 1e+3batches")
    #expect(command.epochs == 1000)
    #expect(command.sgd.seed == 15)
    #expect(command.sgd.learningRate == 0.1)
    #expect(command.checkpoints.checkpointEvery == .batches(1000))
    #expect(throws: (any Error).self) { try train("--epochs 1e-3") }
    #expect(throws: (any Error).self) { try train("--epochs 1e+30") }
    #expect(throws: (any Error).self) { try train("--epochs 0x1e") }
  }
}
