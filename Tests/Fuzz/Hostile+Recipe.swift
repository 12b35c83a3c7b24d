import LinearAlgebra

extension Hostile {
  /// Where names in archives lead that must not be followed.
  static let escapes = [
    "../lc-fuzz-escaped", "/tmp/lc-fuzz-escaped", "cifar/../../lc-fuzz-escaped",
  ]

  /// Recipes that are deep, long, repetitive, aliases of aliases, or no text.
  func recipe(_ random: inout RandomGenerator) -> [UInt8] {
    let depth = random.pick([5, 25, 31, 33, 100, 999, 1001, 20_000, 300_000])
    let count = random.pick([10, 1000, 9000, 30_000, 200_000])
    func times(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }
    let text: String
    switch random.below(12) {
    case 0:
      let (open, close) = random.pick([
        ("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", ""), ("[? ", "]"), ("{? ", "}"),
        ("a: [", "]"),
        ("[{", "}]"), ("!!seq [", "]"),
      ])
      text = "compress: \n  " + times(open, depth) + random.pick(["", "x" + times(close, depth)])
    case 1:  // one more space a line
      var lines = ""
      for indent in 0..<min(depth, 1400) {
        lines += times(" ", indent) + random.pick(["a:", "-"]) + "\n"
      }
      text = lines
    case 2:  // each alias is two of the one before
      let isKey = random.below(2) == 0
      text = (0..<random.pick([3, 30, 60])).map {
        let last = "*a\($0)"
        return isKey
          ? "k\($0): &a\($0 + 1) {? [\(last), \(last)] : 1}\n"
          : "k\($0): &a\($0 + 1) [\(last), \(last)]\n"
      }.joined().replacingOccurrences(of: "*a0", with: "x")
    case 3:  // keys that stand twice, deep enough that comparing them never ends
      let depth = random.pick([2, 4, 20, 60])
      let list = times("[", depth) + "x" + (0..<depth).map { ", \($0 % 2)]" }.joined()
      let keys = ["[\(list), a]: 1", "[\(list), b]: 1"]
      text = random.pick([
        "compress: {" + (keys + keys).joined(separator: ", ") + "}",
        (keys + keys).joined(separator: "\n"),
        (keys + keys).map { "? " + $0.dropLast(3) + "\n: 1" }.joined(separator: "\n"),
      ])
    case 4:
      text = random.pick(["", "\"", "'", "? "]) + times("k", count * 4) + random.pick([": 1", ""])
    case 5: text = times("mu: 1\n", count)
    case 6: text = "compress: [" + times(random.pick(["a,", "a: b,", "{},", "\"a\":b,"]), count)
    case 7:
      text =
        times(random.pick(["\n", "#\n", " ", "\t", "---\n", "\u{2028}", "\r"]), count) + "mu: ["
    case 8: text = "mu: " + random.pick(["|", ">", ">9+", "\"", "'"]) + times("\n  x y", count)
    case 9: text = (0..<min(count, 30_000)).map { "o\($0): 1\n" }.joined()
    case 10:  // no text
      return (0..<random.below(300)).map { _ in UInt8(random.below(256)) }
    default:
      let pieces = [
        "mu", ": ", "- ", "\n", "  ", "[", "]", "{", "}", ", ", "? ", "&a ", "*a", "!!str ",
        "!<x> ",
        "|\n", ">-\n", "\"", "'", "#", "%YAML 1.9\n", "---\n", "...\n", "\u{FEFF}", "\0", "é",
        "\u{85}", "<<: ", "compress", "tensors: ", "operators: ", "view: ", "\\x", "\t", "@", "`",
        "~",
      ]
      text = (0..<random.below(random.pick([8, 60, 2000]))).map { _ in random.pick(pieces) }
        .joined()
    }
    return Array(text.utf8)
  }
}
