import ArgumentParser

/// What `lc compress` writes of its course, and shares with other runs.
struct RecordOptions: ParsableArguments {
  @Flag(help: "Print which settings the run has, and why, before it begins.")
  var explain = false

  @Option(help: logHelp)
  var log: String?

  @Option(
    help: ArgumentHelp(
      """
      Where runs on the same data share the figures of the reference and of direct compression, so that \
      only the first evaluates them.
      """, valueName: "folder"))
  var knownFigures: String?
}
