import Foundation

/// A figure for gnuplot: the data are written beside the picture, so that either can be redrawn.
struct Plot {
  enum Failure: Error { case gnuplot(status: Int32) }

  let name: String
  /// gnuplot's commands; `DATA` stands for the data file.
  let commands: String
  /// Blocks of lines of numbers, which gnuplot calls `index 0`, `index 1`, …
  let blocks: [[[Double]]]

  func write(to folder: URL) throws {
    let data = folder.appendingPathComponent(name + ".dat")
    let text = blocks.map { block in
      block.map { $0.map { String(format: "%.6g", $0) }.joined(separator: "\t") }
        .joined(separator: "\n")
    }.joined(separator: "\n\n\n")
    try Data((text + "\n").utf8).write(to: data)
    let script = """
      set terminal svg size 640,400 font "sans-serif,13" background "white"
      set output "\(folder.appendingPathComponent(name + ".svg").path)"
      set grid lc rgb "#dddddd"
      set key top left
      set linetype 1 lc rgb "#1b6ca8" lw 2 pt 7 ps 0.5
      set linetype 2 lc rgb "#d1495b" lw 2 pt 7 ps 0.5
      set linetype 3 lc rgb "#3a7d44" lw 2 pt 7 ps 0.5
      set linetype 4 lc rgb "#8d6a9f" lw 2 pt 7 ps 0.5
      \(commands.replacingOccurrences(of: "DATA", with: "'\(data.path)'"))
      """
    let gnuplot = Process()
    gnuplot.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    let file = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try Data(script.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    gnuplot.arguments = ["gnuplot", file.path]
    try gnuplot.run()
    gnuplot.waitUntilExit()
    guard gnuplot.terminationStatus == 0 else {
      throw Failure.gnuplot(status: gnuplot.terminationStatus)
    }
  }
}
