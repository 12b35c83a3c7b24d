import Foundation
import LinearAlgebra
import NetworkTwins
import NeuralNetwork

extension Subject {
  /// A definition of random layers: it computes the same in each precision and as its naive twin does.
  static func network() -> Subject {
    Subject(
      name: "network",
      make: { random in
        var definitions = RandomDefinitions(random)
        return (try? JSONEncoder().encode(definitions.next())).map { [UInt8]($0) } ?? []
      }, seconds: 10,
      read: { _, bytes in
        let definition = try JSONDecoder().decode(NetworkDefinition.self, from: Data(bytes))
        var random = RandomGenerator(seed: UInt64(bytes.count))
        try NetworkTrial(definition, using: &random).check()
      })
  }
}
