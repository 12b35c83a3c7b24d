/// Hidden units between two layers: the rows of one weight are the (groups of) columns of the next.
public struct HiddenUnits: Sendable, Equatable {
  /// The weight whose rows are the units' incoming weights.
  public let writer: String
  /// The weight whose columns are their outgoing weights.
  public let reader: String
  /// How many neighbouring input channels of the reader belong to one unit: the places of its channel
  /// where that was flattened, else 1.
  public let width: Int
}

extension NetworkDefinition {
  /// The hidden units that one layer writes and one layer reads, in the order of the layers: those inside
  /// of residual blocks, but not the stream that blocks add to. Layers with groups are left out.
  ///
  /// - Throws: `NeuralNetworkError.invalidNetwork`.
  public func hiddenUnits() throws -> [HiddenUnits] {
    var found: [HiddenUnits] = []
    _ = try layers.findHiddenUnits(from: imageShape, prefix: "", into: &found)
    return found
  }
}

extension [Layer] {
  fileprivate func findHiddenUnits(
    from input: ImageShape, prefix: String, into found: inout [HiddenUnits]
  ) throws -> ImageShape {
    var shape = input
    var writer: String?
    /// How many channels the writer's have become.
    var width = 1
    for layer in self {
      switch layer {
      case .linear(let name, _, _):
        if let writer {
          found.append(
            HiddenUnits(
              writer: writer, reader: "\(prefix)\(name).weight",
              width: width * shape.height * shape.width))
        }
        (writer, width) = ("\(prefix)\(name).weight", 1)
      case .convolution(let name, _, _, _, _, let groups, _):
        if let writer, groups == 1 {
          found.append(
            HiddenUnits(writer: writer, reader: "\(prefix)\(name).weight", width: width))
        }
        (writer, width) = (groups == 1 ? "\(prefix)\(name).weight" : nil, 1)
      case .residual(let name, let body, let shortcut):
        _ = try body.findHiddenUnits(from: shape, prefix: "\(prefix)\(name).", into: &found)
        if case .layers(let layers) = shortcut {
          _ = try layers.findHiddenUnits(from: shape, prefix: "\(prefix)\(name).", into: &found)
        }
        writer = nil
      case .flatten: width *= shape.height * shape.width
      default: break
      }
      shape = try [layer].outputShape(for: shape, prefix: prefix)
    }
    return shape
  }
}
