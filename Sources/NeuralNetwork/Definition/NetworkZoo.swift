/// The networks that are known by name. Each takes images of any size that survives its pools.
public enum NetworkZoo {
  /// What `network(named:input:classes:)` knows.
  public static let names = [
    "lenet300", "lenet5", "vgg11", "vgg16", "nin", "alexnet", "resnet20", "resnet32", "resnet44",
    "resnet56", "resnet110",
  ]

  /// The network of that name, for images of that shape and so many classes.
  ///
  /// - Parameter input: the shape of one image, [channels, height, width].
  /// - Throws: `NeuralNetworkError.unknownNetwork`; `invalidNetwork` when the images are too small.
  public static func network(named name: String, input: [Int], classes: Int) throws
    -> NetworkDefinition
  {
    switch name {
    case "lenet300": return try lenet300(input: input, classes: classes)
    case "lenet5": return try lenet5(input: input, classes: classes)
    case "vgg11": return try vgg11(input: input, classes: classes)
    case "vgg16": return try vgg16(input: input, classes: classes)
    case "nin": return try nin(input: input, classes: classes)
    case "alexnet": return try alexnet(input: input, classes: classes)
    default:
      guard names.contains(name), let depth = Int(name.dropFirst("resnet".count)) else {
        throw NeuralNetworkError.unknownNetwork(name, known: names)
      }
      return try resnet(depth: depth, input: input, classes: classes)
    }
  }

  /// 784-300-100-10 with tanh, as in the LC papers: 266,610 parameters, 266,200 of them weights.
  public static func lenet300(input: [Int] = [784], classes: Int = 10) throws -> NetworkDefinition {
    try NetworkDefinition(
      name: "lenet300", input: input,
      layers: [
        .linear("fc1", 300), .tanh, .linear("fc2", 100), .tanh, .linear("fc3", classes),
      ])
  }

  /// Caffe's LeNet5, 20-50-500 with ReLU, as in the LC papers: 430,500 weights for 28 × 28 images.
  public static func lenet5(input: [Int] = [1, 28, 28], classes: Int = 10) throws
    -> NetworkDefinition
  {
    try NetworkDefinition(
      name: "lenet5", input: input,
      layers: [
        .convolution("conv1", 20, kernel: 5), .relu, .maxPool(2),
        .convolution("conv2", 50, kernel: 5), .relu, .maxPool(2),
        .flatten, .linear("fc1", 500), .relu, .linear("fc2", classes),
      ])
  }

  /// VGG A with batch norm and one linear layer, as for CIFAR: 9.2 M parameters.
  public static func vgg11(input: [Int] = [3, 32, 32], classes: Int = 10) throws
    -> NetworkDefinition
  {
    try vgg("vgg11", [[64], [128], [256, 256], [512, 512], [512, 512]], input, classes)
  }

  /// VGG D with batch norm and one linear layer, as for CIFAR: 14.7 M parameters.
  public static func vgg16(input: [Int] = [3, 32, 32], classes: Int = 10) throws
    -> NetworkDefinition
  {
    try vgg(
      "vgg16", [[64, 64], [128, 128], [256, 256, 256], [512, 512, 512], [512, 512, 512]], input,
      classes)
  }

  private static func vgg(_ name: String, _ stages: [[Int]], _ input: [Int], _ classes: Int) throws
    -> NetworkDefinition
  {
    var layers: [Layer] = []
    for (stage, widths) in stages.enumerated() {
      for (index, channels) in widths.enumerated() {
        let place = "\(stage + 1)_\(index + 1)"
        layers += [
          .convolution("conv\(place)", channels, kernel: 3, padding: 1, bias: false),
          .batchNorm("bn\(place)"), .relu,
        ]
      }
      layers.append(.maxPool(2))
    }
    return try NetworkDefinition(
      name: name, input: input, layers: layers + [.flatten, .linear("fc", classes)])
  }

  /// He et al.'s residual networks for CIFAR with shortcuts of option A, 6n + 2 layers deep:
  /// ResNet-20 has 0.27 M parameters, ResNet-110 1.7 M.
  ///
  /// - Parameter depth: 6n + 2 with n ≥ 1.
  public static func resnet(depth: Int, input: [Int] = [3, 32, 32], classes: Int = 10) throws
    -> NetworkDefinition
  {
    guard depth >= 8, depth <= 6 * 1000 + 2, depth % 6 == 2 else {
      throw NeuralNetworkError.invalidOption(
        option: "the depth of a residual network", value: "\(depth)", expected: "6n + 2, from 8 on")
    }
    var layers: [Layer] = [
      .convolution("conv1", 16, kernel: 3, padding: 1, bias: false), .batchNorm("bn1"), .relu,
    ]
    for (stage, channels) in [16, 32, 64].enumerated() {
      for block in 0..<(depth - 2) / 6 {
        let stride = stage > 0 && block == 0 ? 2 : 1
        layers += [
          .residual(
            "stage\(stage + 1).block\(block)",
            [
              .convolution("conv1", channels, kernel: 3, stride: stride, padding: 1, bias: false),
              .batchNorm("bn1"), .relu,
              .convolution("conv2", channels, kernel: 3, padding: 1, bias: false),
              .batchNorm("bn2"),
            ], shortcut: stride > 1 ? .padded : .identity), .relu,
        ]
      }
    }
    return try NetworkDefinition(
      name: "resnet\(depth)", input: input,
      layers: layers + [.globalAveragePool, .linear("fc", classes)])
  }

  /// Network in network (Lin, Chen & Yan 2013) as for CIFAR: 0.97 M parameters.
  public static func nin(input: [Int] = [3, 32, 32], classes: Int = 10) throws -> NetworkDefinition
  {
    func block(_ number: Int, _ widths: [Int], kernel: Int) -> [Layer] {
      widths.enumerated().flatMap { index, channels -> [Layer] in
        let kernel = index == 0 ? kernel : 1
        return [
          .convolution(
            "block\(number).conv\(index + 1)", channels, kernel: kernel, padding: kernel / 2),
          .relu,
        ]
      }
    }
    let layers: [Layer] =
      block(1, [192, 160, 96], kernel: 5)
      + [.maxPool(size: 3, stride: 2, padding: 1), .dropout(probability: 0.5)]
      + block(2, [192, 192, 192], kernel: 5)
      + [.averagePool(size: 3, stride: 2, padding: 1), .dropout(probability: 0.5)]
      + block(3, [192, 192, classes], kernel: 3) + [.globalAveragePool]
    return try NetworkDefinition(name: "nin", input: input, layers: layers)
  }

  /// AlexNet's five convolutions and three linear layers, at small images.
  public static func alexnet(input: [Int] = [3, 32, 32], classes: Int = 10) throws
    -> NetworkDefinition
  {
    try NetworkDefinition(
      name: "alexnet", input: input,
      layers: [
        .convolution("conv1", 64, kernel: 3, stride: 2, padding: 1), .relu, .maxPool(2),
        .convolution("conv2", 192, kernel: 3, padding: 1), .relu, .maxPool(2),
        .convolution("conv3", 384, kernel: 3, padding: 1), .relu,
        .convolution("conv4", 256, kernel: 3, padding: 1), .relu,
        .convolution("conv5", 256, kernel: 3, padding: 1), .relu, .maxPool(2),
        .flatten, .dropout(probability: 0.5), .linear("fc1", 4096), .relu,
        .dropout(probability: 0.5), .linear("fc2", 4096), .relu, .linear("fc3", classes),
      ])
  }
}
