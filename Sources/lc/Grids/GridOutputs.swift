import Foundation
import ModelFiles
import Tables

/// Writes what a grid has found: tables, figures with their data, and the report.
struct GridOutputs {
  /// What is written, beside the figures.
  static let files = [
    "table.md", "table.csv", "table.tex", "table.json", "times.csv", "report.html",
  ]

  private let grid: Grid
  private let directory: String

  init(_ grid: Grid, in directory: String) {
    self.grid = grid
    self.directory = directory
  }

  /// - Returns: the scripts of figures that gnuplot has not drawn.
  /// - Throws: `ModelFileError.cannotWrite`.
  @discardableResult
  func write() throws -> [String] {
    let table = try ResultTable(grid, in: directory)
    func save(_ text: String, _ name: String) throws {
      try AtomicFile.write(Array(text.utf8), to: "\(directory)/\(name)")
    }
    try save(table.markdown, "table.md")
    try save(table.csv, "table.csv")
    try save(table.latex, "table.tex")
    try save(table.json(), "table.json")
    try save(times, "times.csv")
    var drawings: [String: String] = [:]
    var undrawn: [String] = []
    for figure in table.figures {
      try save(figure.data, "\(figure.name).dat")
      try save(figure.script, "\(figure.name).gp")
      guard draw("\(figure.name).gp") else {
        undrawn.append("\(figure.name).gp")
        continue
      }
      drawings[figure.network] = FileManager.default
        .contents(atPath: "\(directory)/\(figure.name).svg")
        .map { String(decoding: $0, as: UTF8.self) }
    }
    try save(try table.html(drawings: drawings), "report.html")
    return undrawn
  }

  /// How long each cell took; apart from the tables, which do not depend on it.
  private var times: String {
    grid.cells.reduce("cell,seconds\n") { text, cell in
      guard case .done(let result) = Grid.state(of: cell, in: directory) else { return text }
      return text + "\(cell.name),\(result.seconds)\n"
    }
  }

  /// Whether gnuplot is there and drew.
  private func draw(_ script: String) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["gnuplot", script]
    process.currentDirectoryURL = URL(fileURLWithPath: directory)
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }
}
