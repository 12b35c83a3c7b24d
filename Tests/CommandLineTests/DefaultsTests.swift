import Compression
import Datasets
import LearningCompression
import NeuralNetwork
import Testing

@testable import lc

/// What is not said is the same in Swift and on the command line.
@Suite struct DefaultsTests {
  private func compress(_ more: [String] = []) throws -> CompressCommand {
    try CompressCommand.parse(
      ["--data", "d", "--model", "m", "--compress", "*.weight: sign()"] + more)
  }

  /// Every stored property, whatever is added to it.
  private func text(_ value: Any) -> String { String(reflecting: value) }

  @Test func trainingOptionsAgree() throws {
    let swift = try TrainingOptions(optimiser: SGD())
    #expect(text(swift) == text(TrainingOptions()))
    let train = try TrainCommand.parse(["--network", "lenet300", "--data", "d"])
    #expect(try text(train.sgd.trainingOptions()) == text(swift))
    #expect(try text(compress().sgd.trainingOptions()) == text(swift))
    #expect(train.sgd.precision == swift.precision)
    // An option that is given makes a difference.
    #expect(try text(compress(["--nesterov"]).sgd.trainingOptions()) != text(swift))
  }

  @Test(arguments: Method.allCases) func alternationsAgree(method: Method) throws {
    let command = try compress(["--method", method.rawValue])
    let rule = ScheduleRule(method)
    #expect(text(command.rule(perEpoch: 9)) == text(rule))
    #expect(
      text(command.rule(perEpoch: 9)) != text(ScheduleRule(method, budget: .each(.epochs(2)))))
    if let alternation = try command.alternation(perEpoch: 9) {
      #expect(try text(alternation) == text(method.alternation()))
    } else {
      #expect([.lc, .auto, .direct].contains(method))
    }
  }

  @Test func wholeBudgetsAgree() throws {
    let command = try compress(["--epochs", "30"])
    #expect(
      text(command.rule(perEpoch: 235))
        == text(ScheduleRule(.lc, budget: .epochs(30), perEpoch: 235)))
  }

  @Test func learningAgrees() throws {
    let images = try ImageSet(
      shape: [1, 2, 3], pixels: [UInt8](repeating: 9, count: 60), labels: (0..<10).map { $0 % 3 },
      classes: 3)
    let data = try Dataset(name: "d", classes: 3, training: images, test: images)
    let network = try NetworkDefinition(name: "n", input: [1, 2, 3], layers: [.linear("a", 3)])
    var options = TrainingOptions()
    options.batchSize = 5
    let command = try compress()
    func rates(_ learning: NetworkLearning) -> [Float] {
      (0..<4).map { step in
        learning.begin(step: step)
        return learning.reach(mu: nil)
      }
    }
    func trainer() throws -> Trainer { try Trainer(network, data: data, options: options) }
    let ours = try command.learningOptions.learning(
      trainer(), learningRate: command.sgd.learningRate, budget: command.pace.budget, steps: 40)
    #expect(try rates(ours) == rates(NetworkLearning(trainer())))
    #expect(try rates(ours) != rates(NetworkLearning(trainer(), decay: 1)))
  }

  @Test func partialPlansAgree() throws {
    let network = try NetworkZoo.lenet300()
    let command = try CompressCommand.parse(
      ["--data", "d", "--model", "m", "--method", "partial", "--strength", "1e-4"])
    #expect(
      try command.partial.plan(for: network).description
        == CompressionPlan.partial(for: network, strength: 1e-4).description)
  }
}
