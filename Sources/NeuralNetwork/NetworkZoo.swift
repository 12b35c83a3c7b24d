/// The networks that are known by name.
public enum NetworkZoo {
  /// 784-300-100-10 with tanh, as in the LC papers: 266,610 parameters, 266,200 of them weights.
  public static func lenet300(input: [Int] = [784], classes: Int = 10) throws -> NetworkDefinition {
    try NetworkDefinition(
      name: "lenet300", input: input,
      layers: [
        .linear("fc1", 300), .tanh, .linear("fc2", 100), .tanh, .linear("fc3", classes),
      ])
  }

  public static let names = ["lenet300"]

  /// - Throws: `NeuralNetworkError.unknownNetwork`.
  public static func network(named name: String, input: [Int], classes: Int) throws
    -> NetworkDefinition
  {
    switch name {
    case "lenet300": try lenet300(input: input, classes: classes)
    default: throw NeuralNetworkError.unknownNetwork(name, known: names)
    }
  }
}
