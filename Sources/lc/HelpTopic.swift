import Compression

extension LC {
  /// What `lc` alone says: what there is, and where the rest is.
  static var overview: String {
    let commands = configuration.subcommands.map { command in
      let name = command.configuration.commandName ?? ""
      return "  \(name)\(String(repeating: " ", count: max(1, 10 - name.count)))"
        + command.configuration.abstract
    }
    return """
      lc \(version). \(configuration.abstract)

      \(commands.joined(separator: "\n"))

      'lc --help' shows a first run, 'lc help COMMAND' the options of a command.
      'lc help plans' and 'lc help operators' explain what --compress takes.
      """.wrapped()
  }
}

extension String {
  /// With lines of 80 characters at most, where there are blanks; what goes on is indented as its line.
  fileprivate func wrapped(to width: Int = 80) -> String {
    split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let indentation = String(line.prefix { $0 == " " })
      var (rows, row) = ([String](), indentation)
      for word in line.split(separator: " ", omittingEmptySubsequences: false)
        .dropFirst(indentation.count)
      {
        if row.count + 1 + word.count > width, row != indentation {
          rows.append(row)
          row = indentation
        }
        row += (row == indentation ? "" : " ") + word
      }
      return (rows + [row]).joined(separator: "\n")
    }.joined(separator: "\n")
  }
}

/// What `lc help` explains besides the commands.
enum HelpTopic: String, CaseIterable {
  case operators
  case plans

  static var names: [String] { allCases.map(\.rawValue) }

  /// Of `lc help TOPIC`, and of nothing else.
  init?(askedForBy words: [String]) {
    guard words.count == 2, words[0] == "help", let topic = HelpTopic(rawValue: words[1]) else {
      return nil
    }
    self = topic
  }

  var text: String {
    switch self {
    case .operators:
      """
      Operators of a plan: how they are written, what they find, and an example.

      \(Self.operatorTexts)

      Any of them can be added: quantize(k=2) + prune(keep=1%). 'lc help plans' says
      which tensors a plan takes; Docs/Operators says which operators are exact.
      """
    case .plans:
      """
      \(Self.planSyntax.wrapped())

      Examples:
        *.weight: quantize(k=16)
        joint(*.weight): quantize(k=2) + prune(keep=1%)
        fc1.weight: lowrank(r=10%); fc2.weight, fc3.weight: prune(keep=5%)
        *.weight, !conv1.weight: ternary(per=row)

      'lc help operators' lists the operators.
      """
    }
  }

  static let planSyntax = """
    A plan is TENSORS: OPERATOR, several of them separated by ';'. TENSORS is a name, a pattern \
    with * ? [abc] (a single * takes biases and statistics too), or several of them: PATTERN, PATTERN, \
    !PATTERN, where ! leaves out. joint(PATTERN, …) takes all tensors together as one vector; \
    vector(PATTERN) and matrix(PATTERN) take each tensor as such. A name that holds : ; , ( ) + ! or \
    quotes stands in quotes: "kernel:0". Operators are added by '+'.
    """

  /// The operators of the plan language, three lines each.
  private static var operatorTexts: String {
    let sum = ("sum", "sum(A + B [, rounds=N] [, restarts=N])", "a sum with options of its own")
    let all = OperatorCatalogue.standard.entries.map { ($0.name, $0.usage, $0.summary) } + [sum]
    return all.map { name, usage, summary in
      (["  \(usage)", "      \(summary)"] + (examples[name].map { ["      \($0)"] } ?? []))
        .joined(separator: "\n")
    }.joined(separator: "\n")
  }

  /// One plan for each operator; a test makes them all.
  static let examples = [
    "quantize": "joint(*.weight): quantize(k=2)",
    "sign": "*.weight: sign()",
    "binary": "*.weight: binary(per=row)",
    "ternary": "*.weight: ternary()",
    "powers": "*.weight: powers(c=3)",
    "uniform": "*.weight: uniform(b=4, affine)",
    "prune": "joint(*.weight): prune(keep=5%)",
    "l1ball": "*.weight: l1ball(radius=100)",
    "l0penalty": "*.weight: l0penalty(alpha=1e-4)",
    "l1penalty": "*.weight: l1penalty(alpha=1e-4)",
    "elastic": "*.weight: elastic(alpha=1e-4, ridge=1e-3)",
    "grouplasso": "*.weight: grouplasso(alpha=1e-4, of=rows)",
    "partial": "fc2.weight: partial(alpha=1e-4, rows=50%)",
    "lowrank": "*.weight: lowrank(r=10%)",
    "nuclear": "*.weight: nuclear(alpha=1e-3)",
    "sum": "joint(*.weight): sum(quantize(k=2) + prune(keep=1%), rounds=30)",
  ]
}
