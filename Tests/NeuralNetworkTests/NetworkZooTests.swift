import NeuralNetwork
import Testing

@Suite struct NetworkZooTests {
  @Test(arguments: [
    ("lenet300", [784], 266_610), ("lenet5", [1, 28, 28], 431_080),
    ("resnet20", [3, 32, 32], 269_722), ("resnet32", [3, 32, 32], 464_154),
    ("resnet44", [3, 32, 32], 658_586), ("resnet56", [3, 32, 32], 853_018),
    ("resnet110", [3, 32, 32], 1_727_962), ("vgg11", [3, 32, 32], 9_228_362),
    ("vgg16", [3, 32, 32], 14_724_042), ("nin", [3, 32, 32], 966_986),
  ]) func hasThePapersSize(name: String, input: [Int], parameters: Int) throws {
    let network = try NetworkZoo.network(named: name, input: input, classes: 10)
    #expect(try network.layout().count == parameters)
    #expect(network.outputCount == 10)
  }

  @Test(arguments: NetworkZoo.names) func takesOtherImages(name: String) throws {
    let network = try NetworkZoo.network(named: name, input: [1, 40, 36], classes: 7)
    #expect(network.outputCount == 7)
  }

  @Test func residualNetworksHaveTheUsualNames() throws {
    let network = try NetworkZoo.resnet(depth: 20)
    let layout = try network.layout()
    #expect(layout["stage2.block0.conv1.weight"]?.shape == [32, 16, 3, 3])
    #expect(layout["stage3.block2.bn2.bias"]?.shape == [64])
    #expect(try network.statisticsLayout()["bn1.running_var"]?.shape == [16])
    #expect(try network.uses()["stage2.block0.conv1.weight"] == 256)
    #expect(try network.uses()["fc.weight"] == 1)
  }

  @Test func imagesThatAreTooSmallAreErrors() {
    let error = #expect(throws: NeuralNetworkError.self) {
      try NetworkZoo.network(named: "vgg11", input: [3, 16, 16], classes: 10)
    }
    #expect(error?.description.contains("[2, 2]") == true)
    #expect(throws: NeuralNetworkError.self) { try NetworkZoo.resnet(depth: 21) }
    #expect(throws: NeuralNetworkError.self) {
      try NetworkZoo.network(named: "resnet99", input: [3, 32, 32], classes: 10)
    }
  }
}
