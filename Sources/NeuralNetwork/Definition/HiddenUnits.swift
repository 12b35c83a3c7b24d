/// Hidden units between two layers: the rows of one weight are the (groups of) columns of the next.
public struct HiddenUnits: Sendable, Equatable {
  /// The weight whose rows are the units' incoming weights.
  public let writer: String
  /// The weight whose columns are their outgoing weights.
  public let reader: String
  /// How many neighbouring columns of a linear reader belong to one unit: the places of its channel.
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
    for layer in self {
      switch layer {
      case .linear(let name, _, _):
        if let writer {
          found.append(
            HiddenUnits(
              writer: writer, reader: "\(prefix)\(name).weight", width: shape.height * shape.width))
        }
        writer = "\(prefix)\(name).weight"
      case .convolution(let name, _, _, _, _, let groups, _):
        if let writer, groups == 1 {
          found.append(
            HiddenUnits(writer: writer, reader: "\(prefix)\(name).weight", width: 1))
        }
        writer = groups == 1 ? "\(prefix)\(name).weight" : nil
      case .residual(let name, let body, let shortcut):
        _ = try body.findHiddenUnits(from: shape, prefix: "\(prefix)\(name).", into: &found)
        if case .layers(let layers) = shortcut {
          _ = try layers.findHiddenUnits(from: shape, prefix: "\(prefix)\(name).", into: &found)
        }
        writer = nil
      case .flatten:
        // The channels stay apart until a linear layer reads them.
        continue
      default: break
      }
      shape = try [layer].outputShape(for: shape, prefix: prefix)
    }
    return shape
  }
}
