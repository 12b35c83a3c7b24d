// swift-tools-version: 6.2
import PackageDescription

// A package of your own would name the repository instead of the path.
let package = Package(
  name: "OwnOperator",
  dependencies: [.package(name: "LearningCompression", path: "../../..")],
  targets: ["own-operator", "quickstart"].map { name in
    .executableTarget(
      name: name,
      dependencies: ["LearningCompression", "OperatorChecks"].map {
        .product(name: $0, package: "LearningCompression")
      })
  })
