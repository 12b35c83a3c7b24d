// swift-tools-version: 6.2
import PackageDescription

// With LC_FAST_LOOPS, loops over weights are optimised in debug builds too: the tests take a third of the
// time. By the environment, for nothing may depend on a package that always has such flags.
let loops: [SwiftSetting] =
  Context.environment["LC_FAST_LOOPS"] == nil
  ? [] : [.unsafeFlags(["-O"], .when(configuration: .debug))]

// The command behind `make docs`, which sets LC_DOCS: otherwise every build would build its helpers, too.
let site: [Package.Dependency] =
  Context.environment["LC_DOCS"] == nil
  ? [] : [.package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0")]

/// What the library's product is made of.
let library: [Target.Dependency] = [
  "CompressedInference", "LearningCompression", "NeuralNetwork", "Datasets", "ModelFiles",
  "Compression", "LinearAlgebra",
]

// Arrows point downwards only: each target may depend on those listed below it.
let package = Package(
  name: "LearningCompression",
  products: [
    .library(
      name: "LearningCompression",
      targets: [
        "CompressedInference", "LearningCompression", "NeuralNetwork", "Datasets", "ModelFiles",
        "Compression", "LinearAlgebra",
      ]),
    // For the tests of an operator of one's own.
    .library(name: "OperatorChecks", targets: ["OperatorChecks"]),
    .executable(name: "lc", targets: ["lc"]),
    // The same program; under this name it stands for `lc table`.
    .executable(name: "tables", targets: ["lc"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-algorithms", from: "1.2.1"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    .package(url: "https://github.com/apple/swift-numerics", from: "1.1.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
  ] + site,
  targets: [
    .executableTarget(
      name: "lc",
      dependencies: [
        "CompressedInference", "LearningCompression", "NeuralNetwork", "Datasets", "ModelFiles",
        "Compression", "LinearAlgebra", "Recipes", "Tables", "CSurroundings",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ]),
    .executableTarget(
      name: "speed",
      dependencies: [
        "LearningCompression", "NeuralNetwork", "Datasets", "Compression", "LinearAlgebra",
        "ModelFiles",
      ],
      path: "Benchmarks/Speed"),
    .executableTarget(
      name: "figures", dependencies: ["Compression", "LinearAlgebra"], path: "Benchmarks/Figures"),
    .executableTarget(
      name: "fuzz",
      dependencies: [
        "LearningCompression", "NeuralNetwork", "Datasets", "ModelFiles", "Compression",
        "LinearAlgebra", "Recipes", "NetworkTwins", "TestChild", "CZlib",
      ],
      path: "Tests/Fuzz"),
    .executableTarget(
      name: "differential",
      dependencies: ["ModelFiles", "Compression", "LinearAlgebra", "TestChild"],
      path: "Tests/Differential"),
    .executableTarget(
      name: "parity",
      dependencies: ["NeuralNetwork", "ModelFiles", "LinearAlgebra"],
      path: "Benchmarks/Parity"),

    .target(name: "OperatorChecks", dependencies: ["ModelFiles", "Compression", "LinearAlgebra"]),
    .target(
      name: "CompressedInference",
      dependencies: ["NeuralNetwork", "Datasets", "ModelFiles", "Compression", "LinearAlgebra"]),
    .target(
      name: "LearningCompression",
      dependencies: ["NeuralNetwork", "Datasets", "ModelFiles", "Compression", "LinearAlgebra"]),
    .target(name: "NeuralNetwork", dependencies: ["Datasets", "LinearAlgebra", "COneDNN"]),
    .target(name: "Datasets", dependencies: ["ModelFiles", "LinearAlgebra", "Deflate"]),
    .target(name: "ModelFiles", dependencies: ["Compression", "LinearAlgebra", "Deflate"]),
    .target(name: "Compression", dependencies: ["LinearAlgebra"], swiftSettings: loops),
    .target(
      name: "LinearAlgebra",
      dependencies: [
        "COpenBLAS", "CLAPACKE", "COpenMP",
        .product(name: "RealModule", package: "swift-numerics"),
      ], swiftSettings: loops),
    .target(
      name: "Tables",
      dependencies: [
        "LearningCompression", "ModelFiles", "Compression", "LinearAlgebra", "Recipes",
        .product(name: "Algorithms", package: "swift-algorithms"),
        .product(name: "Mustache", package: "swift-mustache"),
      ], resources: [.embedInCode("Output/report.mustache")]),
    .target(name: "Recipes", dependencies: [.product(name: "Yams", package: "Yams")]),
    .target(name: "CSurroundings"),
    .target(name: "Deflate", dependencies: ["CZlib"]),

    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-openmp-dev"])]),
    .systemLibrary(name: "CLAPACKE", pkgConfig: "lapacke", providers: [.apt(["liblapacke-dev"])]),
    .systemLibrary(name: "COneDNN", providers: [.apt(["libdnnl-dev"])]),
    .systemLibrary(name: "COpenMP", providers: [.apt(["libgomp1"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

    // The examples' sources, so that tests need not build the library again for their package.
    .executableTarget(
      name: "example-own-operator", dependencies: library + ["OperatorChecks"],
      path: "Docs/Examples/OwnOperator/Sources/own-operator"),
    .executableTarget(
      name: "example-quickstart", dependencies: library,
      path: "Docs/Examples/OwnOperator/Sources/quickstart"),

    // What the tests and `fuzz` compare networks with.
    .target(
      name: "NetworkTwins", dependencies: ["NeuralNetwork", "LinearAlgebra"],
      path: "Tests/NetworkTwins", swiftSettings: loops),

    // Workers of `fuzz` and `differential`, in processes of their own.
    .target(name: "TestChild", path: "Tests/TestChild"),

    .testTarget(name: "LinearAlgebraTests", dependencies: ["LinearAlgebra"]),
    .testTarget(name: "CompressionTests", dependencies: ["Compression"]),
    .testTarget(
      name: "ModelFilesTests", dependencies: ["ModelFiles", "Compression", "Deflate", "CZlib"]),
    .testTarget(name: "DatasetsTests", dependencies: ["Datasets", "ModelFiles", "CZlib"]),
    .testTarget(name: "NeuralNetworkTests", dependencies: ["NeuralNetwork", "NetworkTwins"]),
    .testTarget(
      name: "LearningCompressionTests", dependencies: ["LearningCompression", "ModelFiles"]),
    .testTarget(
      name: "CompressedInferenceTests",
      dependencies: ["CompressedInference", "LearningCompression"]),
    .testTarget(
      name: "CommandLineTests",
      dependencies: [
        "lc", "LearningCompression", "NeuralNetwork", "Datasets", "ModelFiles", "Compression",
        "LinearAlgebra",
      ]),
    .testTarget(
      name: "OperatorChecksTests",
      dependencies: ["OperatorChecks", "ModelFiles", "Compression", "LinearAlgebra"]),
    .testTarget(name: "RecipesTests", dependencies: ["Recipes"]),
    .testTarget(name: "TablesTests", dependencies: ["Tables", "Compression"]),
  ],
  swiftLanguageModes: [.v6]
)
