/// The words of this command that can change what is computed: without what only says where files go,
/// and with a recipe written out, for its file may change.
struct RecordedCommand {
  /// Options that change nothing, each followed by its value.
  private static let unrecorded: Set = [
    "--output", "--json", "--log", "--recipe", "--checkpoint", "--checkpoint-every", "--resume",
    "--known-figures", "--compare",
  ]
  /// The same of flags.
  private static let unrecordedFlags: Set = ["--explain"]

  let words: [String]

  init(_ given: [String] = Array(CommandLine.arguments.dropFirst())) {
    var words: [String] = []
    var arguments = ((try? Recipe(namedIn: given))?.expanded(given) ?? given)[...]
    while let argument = arguments.popFirst() {
      let name = argument.split(separator: "=", maxSplits: 1).first.map(String.init) ?? ""
      if Self.unrecorded.contains(name) {
        if name == argument { _ = arguments.popFirst() }
      } else if !Self.unrecordedFlags.contains(name) {
        words.append(argument)
      }
    }
    self.words = words
  }

  /// The options as they were given, `given` for those without a value.
  var options: [String: String] {
    var options: [String: String] = [:]
    var name: String?
    for word in words {
      if word.hasPrefix("--") {
        let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
        options[parts[0]] = parts.count > 1 ? parts[1] : "given"
        name = parts.count > 1 ? nil : parts[0]
      } else if let option = name {
        options[option] = word
        name = nil
      }
    }
    return options
  }
}
