import ArgumentParser
import LearningCompression

/// What `lc compress` compresses, how, and where the result goes.
struct TaskOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The trained weights (safetensors or npz).", valueName: "file"))
  var model: String

  @Option(
    help: ArgumentHelp(
      "What is compressed, and how; see 'lc help plans' and 'lc help operators'.", valueName: "plan"
    ))
  var compress: String?

  @Option(help: ArgumentHelp("How Δ(θ) acts on the weights.", valueName: "method"))
  var method = Method.lc

  @Option(
    help: ArgumentHelp(
      "Several methods one after the other, each with its share of the steps, instead of --method: "
        + "'straight-through 40%, lc 40%, retrain 20%'.", valueName: "list"))
  var phases: PhaseList?

  @Option(
    help: ArgumentHelp(
      "Also run these methods, from the same start with the same budget, and put them into the table: "
        + "'retrain,straight-through'; 'reference' trains the network without compression as much longer.",
      valueName: "methods"))
  var compare: CompareList?

  @Option(help: ArgumentHelp("Where the compressed model goes (.lcm).", valueName: "file"))
  var output: String?

  @Flag(help: entropyHelp)
  var entropy = false

  /// What the result is called in the table.
  var resultName: String { phases?.name ?? (method == .lc ? "LC" : method.rawValue) }
}
