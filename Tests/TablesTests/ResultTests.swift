import Foundation
import LearningCompression
import Testing

@testable import Tables

@Suite struct ResultTests {
  private let recipe = """
    title: A grid & more
    data: fashion-mnist
    networks: [lenet300]
    methods: [lc, direct]
    plans:
      P: "joint(*.weight): prune(keep={keep})"
      Q+P: "joint(*.weight): quantize(k=2) + prune(keep={keep})"
    budgets: [20]
    seeds: [0, 1]
    """

  /// A directory with results: the error of a cell follows from its plan, method and seed.
  private func withResults(
    _ other: String? = nil, lead: Double = 5, ratio: Double = 20,
    _ body: (Grid, String) throws -> Void
  ) throws {
    let grid = try grid(other ?? recipe)
    let directory = NSTemporaryDirectory() + "lc-results-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: directory) }
    for place in grid.places {
      let folder = Grid.folder(place.cell, in: directory)
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true)
      let error =
        (place.plan == "P" ? 12.0 : 11) + (place.method == .lc ? 0 : lead) + Double(place.seed)
      let json = """
        {"reference": {"trainLoss": 0.1, "testErrorPercent": 10},
         "direct": {"trainLoss": 0.3, "testErrorPercent": 17},
         "compressed": {"trainLoss": 0.2, "trainErrorPercent": 6, "testErrorPercent": \(error)},
         "ratio": \(ratio), "networkRatio": 19, "bits": 425920, "referenceBits": 8518400,
         "fileBytes": 55600, "multiplications": 4733, "additions": 270500, "seconds": 2,
         "settings": {"--mu": "0.003", "--seed": "\(place.seed)", "--method": "\(place.method.rawValue)"}}
        """
      try Data(json.utf8).write(to: URL(fileURLWithPath: "\(folder)/result.json"))
    }
    try body(grid, directory)
  }

  @Test func rowsAreMeansOverSeeds() throws {
    try withResults { grid, directory in
      let table = try ResultTable(grid, in: directory)
      #expect(table.rows.count == 4)
      #expect(table.rows.map { $0.testError?.mean } == [12.5, 17.5, 11.5, 16.5])
      #expect(
        table.rows.allSatisfy { abs(($0.testError?.deviation ?? 0) - 0.5.squareRoot()) < 1e-9 })
      #expect(table.rows.map(\.isBest) == [false, false, true, false])
      #expect(
        table.markdown.contains(
          "| 20× | 20.0× | Q+P | lc | 0.2000 ± 0.0000 | 6.00 ± 0.00 | **11.50 ± 0.71** |"))
      #expect(table.latex.contains("\\textbf{11.50 $\\pm$ 0.71}"))
      let lines = table.csv.split(separator: "\n")
      #expect(lines.count == 5)
      #expect(lines[3].contains("Q+P") && lines[3].contains(",11.5,0.70710678"))
      #expect(table.findings.contains { $0.contains("Q+P wins with 11.50") })
      // Both seeds say 5 points.
      #expect(
        table.findings.contains(
          "LC beats direct in 2 of 2 rows, in 2 by more than a standard error."))
      #expect(table.differences.map(\.mean) == [-5, -5])
      #expect(table.differences.map(\.seedError) == [0, 0])
      // An error of 0 says that there are too few seeds.
      #expect(table.markdown.contains("| P | 20× | −5.00 ± 0.00 |"))
      #expect(table.markdown.contains("paired over seeds; bold"))
      let data = Data(try table.json().utf8)
      let json = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
      #expect((json["rows"] as? [Any])?.count == 4)
      let html = try table.html(drawings: ["lenet300": "<?xml?><svg><g/></svg>"])
      #expect(
        html.contains("A grid &amp; more") && html.contains("<figure><svg><g/></svg></figure>"))
      #expect(html.contains("<td>−5.00 ± 0.00</td>"))
      #expect(html.contains("<p>Test error of the first method less"))
      #expect(!html.contains("http") && !html.contains("<?xml"))
      #expect(
        html.contains("<li>all: --mu 0.003</li>") && html.contains("P, lc: --method lc</li>"))
    }
  }

  /// A difference of 16 images against its definition, over two seeds.
  @Test func differencesArePairedOverSeedsAndImages() throws {
    func wrong(_ images: [Int]) -> Data {
      images.reduce(into: Data(count: 2)) { $0[$1 / 8] |= 1 << UInt8($1 % 8) }
    }
    let mistakes: [Method: [[Int]]] = [
      .lc: [[0, 3], [0, 15]], .direct: [[0, 1, 2, 3, 9], [0, 9, 15]],
    ]
    try withResults { grid, directory in
      for place in grid.places where place.plan == "P" {
        let own = try #require(mistakes[place.method])[Int(place.seed)]
        let path = Grid.folder(place.cell, in: directory) + "/result.json"
        let text = try String(contentsOfFile: path, encoding: .utf8)
          .replacing(
            /"testErrorPercent": [0-9.]+}, *\n *"ratio"/,
            with: """
              "testErrorPercent": \(100 * Double(own.count) / 16)},
              "testMistakes": "\(wrong(own).base64EncodedString())", "ratio"
              """)
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
      }
      let table = try ResultTable(grid, in: directory)
      let found = try #require(table.differences.first { $0.plan == "P" })
      // −3 and −1 of 16 images; by image −1 at 9, −1/2 at 1 and 2.
      #expect(found.mean == -12.5)
      #expect(abs(try #require(found.seedError) - 6.25) < 1e-12)
      let deviation = ((1 + 2 * 0.25 - 16 * (2.0 / 16) * (2.0 / 16)) / 15).squareRoot()
      #expect(abs(try #require(found.imageError) - 100 * deviation / 4) < 1e-12)
      #expect(abs(try #require(found.error) - hypot(6.25, 25 * deviation)) < 1e-12)
      #expect(!found.isClear)
      #expect(table.markdown.contains("paired over seeds and test images"))
      // Of the other plan only the seeds are known.
      let other = try #require(table.differences.first { $0.plan == "Q+P" })
      #expect(other.imageError == nil && other.seedError == 0)
    }
  }

  @Test func autoIsComparedWithTheBestOfTheOthers() throws {
    let methods = recipe.replacingOccurrences(
      of: "[lc, direct]", with: "[auto, lc, direct, retrain]")
    try withResults(methods, lead: 1) { grid, directory in
      for cell in grid.cells where cell.name.contains("-P-retrain") {
        let path = Grid.folder(cell, in: directory) + "/result.json"
        let text = try String(contentsOfFile: path, encoding: .utf8)
          .replacing(/"testErrorPercent": 1[34]/, with: "\"testErrorPercent\": 11")
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
      }
      let table = try ResultTable(grid, in: directory)
      #expect(
        Set(table.differences.map(\.title))
          == ["auto − lc", "auto − direct", "auto − retrain", "lc − direct", "lc − retrain"])
      // All of them have 13 and 14 % but for LC, and retraining on P.
      #expect(
        table.findings.contains(
          "auto beats the best of direct, retrain in 0 of 2 rows, in 0 by more than a standard error; "
            + "at the worst +2.50 ± 0.50 points, lenet300 P at 20×."))
      // Other differences than those of the own methods are not shown.
      #expect(table.differences.allSatisfy { $0.method == .auto || $0.method == .lc })
    }
  }

  /// A run's length has no optimum; the methods are compared at each.
  @Test func aSweepOfLengthsComparesTheMethods() throws {
    let swept = recipe + "\nsweep: {epochs: [4, 30]}\n"
    try withResults(swept) { grid, directory in
      let findings = try ResultTable(grid, in: directory).findings
      let text = "LC beats direct in 2 of 2 rows, in 2 by more than a standard error."
      #expect(findings == ["with epochs 4 \(text)", "with epochs 30 \(text)"])
    }
  }

  /// A budget of 20× whose plan gives 19.4× says so wherever the budget stands.
  @Test func theTrueRatioStandsBesideTheBudget() throws {
    let two = recipe.replacingOccurrences(of: "[20]", with: "[20, 10]")
    try withResults(two, ratio: 19.4) { grid, directory in
      let table = try ResultTable(grid, in: directory)
      #expect(table.markdown.contains("| 20× | 19.4× | P | lc |"))
      // At a glance, and in what it says.
      #expect(table.markdown.contains("| P | lc | 12.50 ± 0.71 (19.4×) | 12.50 ± 0.71 (19.4×) |"))
      #expect(
        table.findings.contains {
          $0.hasPrefix("lenet300 at 20×: by LC, Q+P (19.4×) wins with")
            && $0.contains("the best single compression, P (19.4×), has")
        })
      #expect(table.markdown.contains("beside an error where it is not the budget"))
      #expect(table.latex.contains("20$\\times$ & 19.4$\\times$ & P & lc"))
      #expect(
        try table.html(drawings: [:]).contains(
          "<td>20×</td><td>19.4×</td><td class=\"text\">P</td>"))
      let row = try #require(table.csv.split(separator: "\n").dropFirst().first)
      #expect(row.hasPrefix("lenet300,20,P,") && row.contains(",19.4,0.0,"))
      #expect(try table.json().contains("\"mean\" : 19.4"))
    }
    // One budget has no overview.
    try withResults(recipe, ratio: 19.4) { grid, directory in
      let text = try ResultTable(grid, in: directory).markdown
      #expect(!text.contains("beside an error"))
    }
    // Within a hundredth it is the budget.
    try withResults(two, ratio: 20.1) { grid, directory in
      let text = try ResultTable(grid, in: directory).markdown
      #expect(!text.contains("(20.1×)") || text.contains("| 12.50 ± 0.71 | 12.50 ± 0.71 (20.1×) |"))
      #expect(text.contains("| 20× | 20.1× | P | lc |"))
    }
  }

  @Test func theBestMethodIsNamedToo() throws {
    try withResults(lead: -2) { grid, directory in
      let findings = try ResultTable(grid, in: directory).findings
      #expect(
        findings.contains {
          $0.contains("by LC, Q+P wins with 11.50")
            && $0.hasSuffix("the lowest of all methods is Q+P by direct, 9.50 ± 0.71 %.")
        })
    }
    let others = recipe.replacingOccurrences(of: "[lc, direct]", with: "[direct, retrain]")
    try withResults(others) { grid, directory in
      let findings = try ResultTable(grid, in: directory).findings
      #expect(findings.contains("lenet300 at 20×: Q+P by direct wins with 16.50 ± 0.71 %."))
    }
  }

  @Test func anOverviewHasAColumnForEachBudget() throws {
    try withResults(recipe.replacingOccurrences(of: "[20]", with: "[20, 10]")) { grid, directory in
      let table = try ResultTable(grid, in: directory)
      #expect(table.markdown.contains("|  |  | 20× | 10× |\n|---|---|---|---|\n"))
      #expect(table.markdown.contains("| P | direct | 17.50 ± 0.71 | 17.50 ± 0.71 (20.0×) |"))
      #expect(table.markdown.contains("| Q+P | lc | **11.50 ± 0.71** | **11.50 ± 0.71 (20.0×)** |"))
      let html = try table.html(drawings: [:])
      #expect(
        html.contains("<th scope=\"row\">Q+P</th><th scope=\"row\">lc</th><td class=\"best\">11.50")
      )
      #expect(
        table.findings.contains {
          $0.hasSuffix("at 2 of 2 budgets, at 2 by more than the larger deviation.")
        })
    }
  }

  @Test func anOverviewOfASweepHasAColumnForEachValue() throws {
    let swept =
      recipe.replacingOccurrences(of: "[lc, direct]", with: "[lc]")
      + "\nsweep: {every: [1, 10]}\ncompress: {steps: 2}\n"
    try withResults(swept) { grid, directory in
      let last = try #require(grid.places.last { $0.plan == "P" && $0.swept == "10" })
      let path = Grid.folder(last.cell, in: directory) + "/result.json"
      let better = try String(contentsOfFile: path, encoding: .utf8)
        .replacingOccurrences(of: "13.0", with: "11.0")
      try Data(better.utf8).write(to: URL(fileURLWithPath: path))
      let table = try ResultTable(grid, in: directory)
      #expect(table.markdown.contains("|  |  | 1 | 10 |"))
      #expect(table.markdown.contains("| P | 20× | 12.50 ± 0.71 | **11.50 ± 0.71** |"))
    }
    // One column says no more than the table.
    try withResults { grid, directory in
      let table = try ResultTable(grid, in: directory)
      #expect(table.overviews.isEmpty)
    }
  }

  @Test func whatIsOpenOrFailedIsSaid() throws {
    try withResults { grid, directory in
      let failed = Grid.folder(grid.cells[0], in: directory)
      try FileManager.default.removeItem(atPath: "\(failed)/result.json")
      try Data("diverged\n".utf8).write(to: URL(fileURLWithPath: "\(failed)/failed.txt"))
      let open = Grid.folder(grid.cells[3], in: directory)
      try FileManager.default.removeItem(atPath: "\(open)/result.json")
      let table = try ResultTable(grid, in: directory)
      #expect(table.findings.contains("1 results are still open."))
      #expect(table.findings.contains("1 runs failed: diverged."))
      // The mean over one of two seeds is no best one.
      #expect(table.markdown.contains("13.00 (1 of 2)"))
    }
  }

  @Test func cellsFailWithTheirReference() throws {
    try withResults { grid, directory in
      let cell = try #require(grid.cells.first)
      let reference = Grid.folder(cell.reference, in: directory)
      try FileManager.default.createDirectory(
        atPath: reference, withIntermediateDirectories: true)
      try Data("no\n".utf8).write(to: URL(fileURLWithPath: "\(reference)/failed.txt"))
      // What is done stays done.
      guard case .done = Grid.state(of: cell, in: directory) else {
        Issue.record("not done")
        return
      }
      try FileManager.default.removeItem(
        atPath: Grid.folder(cell, in: directory) + "/result.json")
      guard case .failed("its reference failed: no") = Grid.state(of: cell, in: directory) else {
        Issue.record("not failed")
        return
      }
    }
  }

  @Test func theFrontIsWhatNobodyBeats() {
    let points = [(10.0, 11.0), (20, 11.5), (20, 12), (15, 13), (30, 14), (25, 14)]
    let front = TradeoffFigure.front(points)
    #expect(front.map(\.0) == [10, 20, 30])
    #expect(front.map(\.1) == [11, 11.5, 14])
  }

  @Test func figuresHoldTheirData() throws {
    try withResults { grid, directory in
      let figure = try #require(try ResultTable(grid, in: directory).figures.first)
      #expect(figure.name == "tradeoff-lenet300")
      #expect(figure.data.contains("# Q+P, lc\n20.0 11.5 0.7071"))
      // A plan has one colour and entry; a method has its line. Direct compression does not set the frame.
      #expect(figure.script.components(separatedBy: "title 'Q+P'").count == 2)
      #expect(figure.script.contains("title 'direct (2 of 2 above)'"))
    }
  }

  @Test func aFigureOfEqualErrorsHasARange() throws {
    try withResults { grid, directory in
      for cell in grid.cells {
        let path = Grid.folder(cell, in: directory) + "/result.json"
        let text = try String(contentsOfFile: path, encoding: .utf8)
          .replacing(/"testErrorPercent": [0-9.]+/, with: "\"testErrorPercent\": 10")
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
      }
      let figure = try #require(try ResultTable(grid, in: directory).figures.first)
      #expect(!figure.script.contains("yrange [10.0:10.0]"))
      #expect(figure.script.contains("set yrange [9.99:10.015]"))
    }
  }

  @Test func publishedFiguresNeedASource() throws {
    let good = """
      - {network: lenet300, plan: P, ratio: 19, test-error: 2.18, data: MNIST, source: "a paper"}
      - {network: lenet300, plan: P, ratio: 40, test-error: 9, data: MNIST, source: "a paper"}
      - {network: lenet300, plan: Q+P, test-error: 2.17, data: MNIST, source: "a paper"}
      """
    try withResults { _, directory in
      try withRecipe(good) { published in
        let grid = try grid(
          recipe + "\npublished: \(URL(fileURLWithPath: published).lastPathComponent)\n")
        let table = try ResultTable(grid, in: directory)
        // Not the figure of another ratio, nor the one whose ratio is not known.
        #expect(table.markdown.contains("2.18 % (other data, MNIST, 19×)"))
        #expect(!table.markdown.contains("9.0 %") && !table.markdown.contains("2.17"))
        #expect(table.markdown.contains("- MNIST: a paper"))
        let same = try TablesTests.grid(
          recipe.replacingOccurrences(of: "fashion-mnist", with: "../data/mnist")
            + "\npublished: \(URL(fileURLWithPath: published).lastPathComponent)\n")
        #expect(try ResultTable(same, in: directory).markdown.contains("2.18 % (same data, 19×)"))
      }
    }
    try withRecipe("- {network: a, plan: P, test-error: 2, data: MNIST}") { path in
      _ = #expect(throws: (any Error).self) { try Published(path: path, besides: path) }
    }
  }
}
