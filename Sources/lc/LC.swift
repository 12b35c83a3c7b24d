import ArgumentParser
import Foundation

/// The command line: parses, calls the library, prints.
@main
struct LC: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lc",
    abstract:
      "Compress neural networks: weights equal to a sum of quantized, low-rank and sparse parts.",
    discussion: """
      A first run, on data that Debian's package dataset-fashion-mnist brings:

        lc train --network lenet300 --data fashion-mnist --epochs 30 \\
          --output reference.safetensors
        lc compress --data fashion-mnist --model reference.safetensors \\
          --compress 'joint(*.weight): quantize(k=2) + prune(keep=1%)' \\
          --output compressed.lcm
        lc evaluate compressed.lcm --data fashion-mnist

      Plans, the argument of --compress, are written TENSORS: OPERATOR + OPERATOR; TENSORS: …
      'lc help plans' and 'lc help operators' explain them. --recipe FILE.yaml holds what options can say.

      Exit codes: 0 done, 64 usage, 65 bad input data, 66 missing input, 70 training diverged, \
      71 a process of a grid ended, or no memory is left, 73 cannot write, 75 a checkpoint of \
      another run or a grid of other data, 130 and 143 interrupted after a checkpoint.
      """,
    version: version,
    subcommands: [
      TrainCommand.self, CompressCommand.self, ProjectCommand.self, EvaluateCommand.self,
      InfoCommand.self, ExportCommand.self, ShrinkCommand.self, TableCommand.self,
      ProfileCommand.self,
    ])

  static let version = "0.1.0"

  static var commands: [String] {
    configuration.subcommands.compactMap { $0.configuration.commandName }
  }

  /// The words of the command line. The program is also built under the name `tables`, which stands for
  /// `lc table`.
  private static var arguments: [String] {
    var words = CommandLine.arguments
    let name = words.isEmpty ? "" : words.removeFirst()
    let isCommand = words.first.map(commands.contains) ?? false
    if name.hasSuffix("tables"), !isCommand { words.insert("table", at: 0) }
    return words
  }

  static func main() {
    // The run goes on when nobody reads its messages any more.
    signal(SIGPIPE, SIG_IGN)
    var recipe: Recipe?
    let arguments = Self.arguments
    do {
      do {
        try Mistyped.checkCommand(of: arguments)
        if let text = arguments.isEmpty ? overview : HelpTopic(askedForBy: arguments)?.text {
          print(text)
          try StandardOutput.finish()
          return
        }
        recipe = try Recipe(namedIn: arguments)
        var command = try parseAsRoot(recipe?.expanded(arguments) ?? arguments)
        try command.run()
      } catch let error where exitCode(for: error) == .success {
        print(fullMessage(for: error))
      }
      try StandardOutput.finish()
    } catch {
      Failure.exit(
        recipe?.mistake(behind: error, in: arguments)
          ?? Mistyped.failure(behind: error, in: arguments) ?? error)
    }
  }
}
