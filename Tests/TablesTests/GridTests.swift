import Compression
import Foundation
import LinearAlgebra
import Recipes
import Testing

@testable import Tables

/// A recipe as a file that goes away.
func withRecipe<Result>(_ text: String, _ body: (String) throws -> Result) throws -> Result {
  let path = NSTemporaryDirectory() + "lc-grid-\(UUID().uuidString).yaml"
  try Data(text.utf8).write(to: URL(fileURLWithPath: path))
  defer { try? FileManager.default.removeItem(atPath: path) }
  return try body(path)
}

let lenet300 = try? ArenaLayout([
  ("fc1.weight", [300, 784]), ("fc1.bias", [300]), ("fc2.weight", [100, 300]),
  ("fc2.bias", [100]), ("fc3.weight", [10, 100]), ("fc3.bias", [10]),
])

func grid(_ text: String, check: ([String], [GridRecipe.Option]) throws -> Void = { _, _ in })
  throws -> Grid
{
  let layout = try #require(lenet300)
  return try withRecipe(text) { path in
    try Grid(GridRecipe(path: path), layout: { _ in layout }, check: check)
  }
}

@Suite struct GridTests {
  private let recipe = """
    title: A grid
    data: fashion-mnist
    networks: [lenet300]
    reference: {epochs: 3, nesterov: true}
    compress:
      steps: 2
      nesterov: true
    methods:
      lc: {mu: 0.003}
      direct:
    plans:
      Q: "joint(*.weight): quantize(k={k})"
      Q+P: "joint(*.weight): quantize(k=2) + prune(keep={keep})"
      S: {plan: "*.weight: lowrank(r=5%)", methods: [direct]}
    budgets: [28, 20]
    seeds: [0, 1]
    """

  @Test func aFlagCanBeSwitchedOff() throws {
    let grid = try grid(
      recipe.replacingOccurrences(of: "  direct:", with: "  direct: {nesterov: false}"))
    for place in grid.places {
      #expect(place.cell.arguments.contains("--nesterov") == (place.method == .lc))
    }
  }

  @Test func aPlanCanChangeWhatAMethodHas() throws {
    let grid = try grid(
      recipe.replacingOccurrences(
        of: "methods: [direct]", with: "methods: {lc: {mu: 0.1, multipliers: damped}}"))
    let cells = grid.places.filter { $0.plan == "S" }
    #expect(cells.count == 2)
    #expect(
      cells.allSatisfy {
        $0.cell.arguments.contains("--mu=0.1")
          && $0.cell.arguments.contains("--multipliers=damped")
          && $0.cell.arguments.contains("--method=lc")
      })
    #expect(
      grid.places.contains { $0.plan == "Q" && $0.cell.arguments.contains("--mu=0.003") })
  }

  @Test func cellsAreTheProductOfWhatIsSaid() throws {
    let grid = try grid(recipe)
    // (2 budgets × 2 plans × 2 methods + the plan without variables) × 2 seeds
    #expect(grid.places.count == 18)
    // Both budgets lead to one bit a weight.
    #expect(grid.cells.count == 2 * (2 + 4 + 1))
    #expect(grid.references.count == 2)
    let cell = try #require(grid.cells.dropFirst().first)
    #expect(
      cell.arguments == [
        "compress", "--compress=joint(*.weight): quantize(k=2)", "--data=fashion-mnist",
        "--method=lc", "--mu=0.003", "--nesterov", "--network=lenet300", "--steps=2", "--seed=0",
      ])
    #expect(
      grid.references[1].arguments == [
        "train", "--data=fashion-mnist", "--epochs=3", "--nesterov", "--network=lenet300",
        "--seed=1",
      ])
    #expect(Set(grid.cells.map(\.name)).count == grid.cells.count)
    // The same recipe makes the same folders.
    #expect(try self.grid(recipe).cells.map(\.name) == grid.cells.map(\.name))
  }

  private func grid(_ text: String) throws -> Grid { try TablesTests.grid(text) }

  @Test(arguments: [
    (
      "networks: [lenet300]", "networks: [lenet300]\nbudget: 3", 4,
      "'budget' is unknown; did you mean 'budgets'? There are title"
    ),
    ("direct:\n", "dirct:\n", 10, "straight-through, auto; found 'dirct'; did you mean 'direct'?"),
    ("budgets: [28, 20]", "budgets: [28, 40]", 15, "impossible for the plan 'Q'"),
    ("budgets: [28, 20]", "budgets: [28, x]", 15, "ratios above 1"),
    ("seeds: [0, 1]", "seeds: [0, 0]", 16, "the seed 0 stands twice"),
    ("seeds: [0, 1]", "sweep: {every: []}", 1, "a sweep a value"),
    ("nesterov: true}", "nesterov: true, seed: 3}", 4, "'seed' is given by the grid"),
    ("  nesterov: true\n", "  nesterov: true\n  threads: 3\n", 8, "'threads' is given by the grid"),
    ("  nesterov: true\n", "  nesterov:\n", 7, "one value was expected for 'nesterov'"),
    ("  Q: ", "  \"a\\nb\": ", 12, "a name on one line"),
    ("methods: [direct]", "methods: [retrain]", 14, "the grid's methods are lc, direct"),
    ("{k}", "{levels}", 12, "the variables are {k}, {keep} and {rank}"),
    ("quantize(k={k})", "quantise(k={k})", 12, "quantise"),
    ("prune(keep={keep})", "prune(keep={keep}", 13, "prune"),
    ("seeds: [0, 1]", "seeds: [0, -1]", 16, "whole numbers"),
    ("{epochs: 3, nesterov: true}", "{preset: lenet}", 4, "the presets are"),
    ("{epochs: 3, nesterov: true}", "[1, 2]", 4, "'option: value' was expected"),
    ("{epochs: 3, nesterov: true}", "yes", 4, "or a file of trained weights, were expected"),
    ("[lenet300]", "[a/mine.npz, mine.npz]", 3, "the network mine stands twice"),
  ])
  func mistakesAreToldWithTheirLine(found: String, wrong: String, line: Int, message: String) throws
  {
    let text = recipe.replacingOccurrences(of: found, with: wrong)
    #expect(text != recipe)
    let error = #expect(throws: RecipeError.self) { try grid(text) }
    #expect(error?.description.contains(".yaml:\(line): ") == true, "\(String(describing: error))")
    #expect(error?.description.contains(message) == true, "\(String(describing: error))")
  }

  @Test func mistakesOfTheCommandsAreToldWithTheirLine() throws {
    struct Unknown: Error, CustomStringConvertible {
      let description = "Unknown option '--steps'"
    }
    let error = #expect(throws: RecipeError.self) {
      _ = try TablesTests.grid(recipe) { words, _ in
        if words.contains("--steps=2") { throw Unknown() }
      }
    }
    #expect(error?.description.contains(".yaml:6: ") == true)
  }

  /// One's own networks: by a file that defines them, and with weights that are there already.
  @Test func networksAndReferencesAreFilesBesideTheRecipe() throws {
    let own = recipe.replacingOccurrences(
      of: "networks: [lenet300]",
      with: """
        networks:
          nets/mine.safetensors:
          given: {reference: trained.safetensors, compress: {batch-size: 64}}
          both: {network: /nets/mine.json, reference: ../trained.npz}
        """)
    let grid = try grid(own)
    let folder = URL(fileURLWithPath: grid.recipe.path).deletingLastPathComponent().path
    #expect(grid.recipe.networks.map(\.label) == ["mine", "given", "both"])
    #expect(
      grid.recipe.files.dropFirst() == [
        "\(folder)/nets/mine.safetensors", "\(folder)/trained.safetensors", "/nets/mine.json",
        "\(folder)/../trained.npz",
      ])
    func cell(_ network: String) throws -> Grid.Cell {
      try #require(grid.places.first { $0.network == network }).cell
    }
    #expect(try cell("mine").arguments.contains("--network=\(folder)/nets/mine.safetensors"))
    #expect(
      try cell("mine").reference.arguments == [
        "train", "--data=fashion-mnist", "--epochs=3", "--nesterov",
        "--network=\(folder)/nets/mine.safetensors", "--seed=0",
      ])
    #expect(try cell("mine").reference.given == nil)
    // The file of a given reference says which network it is.
    #expect(try !cell("given").arguments.contains { $0.hasPrefix("--network") })
    #expect(try cell("given").reference.given == "\(folder)/trained.safetensors")
    #expect(
      try Grid.weights(of: cell("given").reference, in: "d") == "\(folder)/trained.safetensors")
    #expect(try Grid.weights(of: cell("mine").reference, in: "d").hasPrefix("d/references/mine-s0"))
    // Mini-batches are timed as the cells have them.
    #expect(
      try cell("given").reference.arguments == [
        "train", "--batch-size=64", "--data=fashion-mnist",
        "--network=\(folder)/trained.safetensors", "--seed=0",
      ])
    #expect(try cell("both").arguments.contains("--network=/nets/mine.json"))
    // The folders do not depend on where the recipe lies.
    let elsewhere = NSTemporaryDirectory() + "lc-grids-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: elsewhere, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: elsewhere) }
    try Data(own.utf8).write(to: URL(fileURLWithPath: "\(elsewhere)/r.yaml"))
    let layout = try #require(lenet300)
    let moved = try Grid(
      GridRecipe(path: "\(elsewhere)/r.yaml"), layout: { _ in layout }, check: { _, _ in })
    #expect(moved.cells.map(\.name) == grid.cells.map(\.name))
    #expect(moved.cells != grid.cells)
  }

  @Test func aReferenceForAllNetworksIsAFileToo() throws {
    let grid = try grid(
      recipe.replacingOccurrences(of: "{epochs: 3, nesterov: true}", with: "w.safetensors"))
    let network = try #require(grid.recipe.networks.first)
    #expect(network.given?.line == 4 && network.given?.name == "w.safetensors")
    #expect(network.reference.isEmpty && network.saysReference)
    #expect(grid.cells.allSatisfy { $0.arguments.contains("--network=lenet300") })
    // Options beside one network train its reference all the same.
    let trained = try self.grid(
      recipe.replacingOccurrences(of: "{epochs: 3, nesterov: true}", with: "w.safetensors")
        .replacingOccurrences(
          of: "networks: [lenet300]", with: "networks: {lenet300: {reference: {epochs: 2}}}"))
    #expect(
      trained.references.allSatisfy { $0.given == nil && $0.arguments.contains("--epochs=2") })
  }

  @Test func aSweepRepeatsTheCells() throws {
    let grid = try grid(recipe + "\nsweep: {every: [1, 10, 2epochs]}\n")
    #expect(grid.places.count == 54)
    #expect(grid.places.prefix(3).map(\.swept) == ["1", "10", "2epochs"])
    #expect(grid.cells[1].arguments.contains("--every=10"))
  }

  @Test func optionsOfAPresetAreReplaced() throws {
    let grid = try grid(
      recipe.replacingOccurrences(
        of: "{epochs: 3, nesterov: true}", with: "{epochs: 3, preset: resnet-paper-reference}"))
    let words = grid.references[0].arguments
    #expect(words.contains("--epochs=3") && !words.contains("--epochs=200"))
    #expect(words.contains("--flip"))
    let place = try #require(words.firstIndex(of: "--milestones"))
    #expect(words[(place + 1)...(place + 2)] == ["100", "150"])
  }
}

@Suite struct PlanTemplateTests {
  /// The plan's ratio is the budget's at least, and one step of the last variable more would be too much.
  @Test(
    arguments: [
      "joint(*.weight): prune(keep={keep})", "*.weight: lowrank(r={rank})",
      "joint(*.weight): quantize(k=2) + prune(keep={keep})",
      "*.weight: lowrank(r={rank:30%}) + prune(keep={keep})",
      "*.weight: quantize(k=2) + lowrank(r={rank}) + prune(keep={keep})",
    ], [8.0, 13, 25]) func aBudgetIsUsed(text: String, ratio: Double) throws
  {
    let layout = try #require(lenet300)
    let template = try PlanTemplate(name: "p", text: text, line: 1)
    let plan = try #require(try template.plan(for: layout, ratio: ratio))
    let (bits, reference) = try storageBits(of: CompressionPlan(parsing: plan), for: layout)
    let reached = Double(reference) / Double(bits)
    #expect(reached >= ratio && reached < ratio * 1.12)
    // What the formulas count is what a form of random weights has.
    let weights = Arena(layout)
    var random = RandomGenerator(seed: 3)
    for index in 0..<layout.count { weights.floats[index] = random.normal() }
    let resolved = try ResolvedPlan(CompressionPlan(parsing: plan), for: layout)
    let forms = try resolved.compress(weights, into: Arena(layout))
    let counted = forms.reduce(0) { $0 + $1.storage.bits }
    #expect(abs(Double(counted) / Double(bits) - 1) < 0.01)
  }

  @Test func levelsFillTheBudget() throws {
    let layout = try #require(lenet300)
    let template = try PlanTemplate(name: "Q", text: "joint(*.weight): quantize(k={k})", line: 1)
    #expect(try template.plan(for: layout, ratio: 30) == "joint(*.weight): quantize(k=2)")
    #expect(try template.plan(for: layout, ratio: 15) == "joint(*.weight): quantize(k=4)")
    #expect(try template.plan(for: layout, ratio: 9) == "joint(*.weight): quantize(k=8)")
    #expect(try template.plan(for: layout, ratio: 33) == nil)
  }

  @Test func namesInQuotesMayHoldBraces() throws {
    let layout = try ArenaLayout([("{k}", [40, 40]), ("it's {x", [8, 8])])
    let template = try PlanTemplate(
      name: "Q", text: "'{k}', !\"it's {x\", \"it's {x\": quantize(k={k})", line: 1)
    #expect(template.variables.count == 1)
    #expect(
      try template.plan(for: layout, ratio: 12)
        == "'{k}', !\"it's {x\", \"it's {x\": quantize(k=4)")
  }

  @Test func sharesHaveThreeDigits() {
    #expect(percent(0.0002) == "0.02%")
    #expect(percent(0.01234) == "1.23%")
    #expect(percent(0.5) == "50%")
    #expect(percent(0.1234) == "12.3%")
  }
}
