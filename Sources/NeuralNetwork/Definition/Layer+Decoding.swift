import LinearAlgebra

// Layers as files describe them: {"convolution": {"name": "conv1", "channels": 8, "kernel": 5}}, or "relu" where
// there is nothing to say. Fields with a usual value can be left out; what is not known is an error, for else a
// mistyped field would become the usual value in silence.

extension Layer {
  private enum Kind: String, CaseIterable {
    case linear, convolution, batchNorm, tanh, relu, maxPool, averagePool, globalAveragePool
    case flatten, dropout, residual
  }

  /// Reads a layer; fields that have a usual value can be left out.
  ///
  /// - Throws: `DecodingError`, which names what is not known and what there is.
  public init(from decoder: any Decoder) throws {
    let entry = try NamedEntry(decoder, "layer", of: Kind.allCases.map(\.rawValue))
    switch Kind(rawValue: entry.name) {
    case .linear:
      let fields = try entry.fields(["name", "outputs", "bias"])
      self = .linear(
        name: try fields.value("name"), outputs: try fields.value("outputs"),
        bias: try fields.value("bias", else: true))
    case .convolution:
      let fields = try entry.fields(
        ["name", "channels", "kernel", "stride", "padding", "groups", "bias"])
      self = .convolution(
        name: try fields.value("name"), channels: try fields.value("channels"),
        kernel: try fields.value("kernel"), stride: try fields.value("stride", else: 1),
        padding: try fields.value("padding", else: 0), groups: try fields.value("groups", else: 1),
        bias: try fields.value("bias", else: true))
    case .batchNorm:
      let fields = try entry.fields(["name", "epsilon", "momentum"])
      self = .batchNorm(
        name: try fields.value("name"), epsilon: try fields.value("epsilon", else: 1e-5),
        momentum: try fields.value("momentum", else: 0.1))
    case .maxPool:
      let (size, stride, padding) = try Self.window(entry)
      self = .maxPool(size: size, stride: stride, padding: padding)
    case .averagePool:
      let (size, stride, padding) = try Self.window(entry)
      self = .averagePool(size: size, stride: stride, padding: padding)
    case .dropout:
      let fields = try entry.fields(["probability"])
      self = .dropout(probability: try fields.value("probability", else: 0.5))
    case .residual:
      let fields = try entry.fields(["name", "body", "shortcut"])
      self = .residual(
        name: try fields.value("name"), body: try fields.value("body"),
        shortcut: try fields.value("shortcut", else: .identity))
    case .tanh, .relu, .globalAveragePool, .flatten, nil:
      _ = try entry.fields([])
      self =
        switch Kind(rawValue: entry.name) {
        case .tanh: .tanh
        case .relu: .relu
        case .globalAveragePool: .globalAveragePool
        default: .flatten
        }
    }
  }

  /// Windows side by side unless said otherwise.
  private static func window(_ entry: NamedEntry) throws -> (size: Int, stride: Int, padding: Int) {
    let fields = try entry.fields(["size", "stride", "padding"])
    let size: Int = try fields.value("size")
    return (size, try fields.value("stride", else: size), try fields.value("padding", else: 0))
  }
}

extension Shortcut {
  private enum Kind: String, CaseIterable {
    case identity, padded, mapped, layers
  }

  /// Reads a shortcut.
  ///
  /// - Throws: `DecodingError`, which names what is not known and what there is.
  public init(from decoder: any Decoder) throws {
    let entry = try NamedEntry(decoder, "shortcut", of: Kind.allCases.map(\.rawValue))
    switch Kind(rawValue: entry.name) {
    case .mapped: self = .mapped(try entry.fields(["_0"]).value("_0"))
    case .layers: self = .layers(try entry.fields(["_0"]).value("_0"))
    case .padded:
      _ = try entry.fields([])
      self = .padded
    case .identity, nil:
      _ = try entry.fields([])
      self = .identity
    }
  }
}

/// `{NAME: {fields}}`, or `NAME` alone.
private struct NamedEntry {
  let name: String
  /// What messages call it, such as `layer 'relu'`.
  private let title: String
  private let container: KeyedDecodingContainer<Key>?
  private let path: [any CodingKey]

  /// - Throws: `DecodingError` when it is something else, or has a name that is not among the known ones.
  init(_ decoder: any Decoder, _ what: String, of known: [String]) throws {
    path = decoder.codingPath
    func fail(_ message: String) -> DecodingError {
      .dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: message))
    }
    let word = try? decoder.singleValueContainer().decode(String.self)
    let entries = word == nil ? try? decoder.container(keyedBy: Key.self) : nil
    guard let name = word ?? entries?.allKeys.first?.stringValue, entries?.allKeys.count ?? 1 == 1
    else {
      throw fail(
        "one \(what) was expected, such as \"\(known[known.count > 4 ? 4 : 0])\" or {NAME: {its fields}}"
      )
    }
    guard known.contains(name) else {
      throw fail("unknown \(what) '\(name)'\(choice(for: name, of: known))")
    }
    self.name = name
    title = "\(what) '\(name)'"
    container = try entries?.nestedContainer(keyedBy: Key.self, forKey: Key(stringValue: name))
  }

  /// The fields, of which there may be only these.
  func fields(_ known: [String]) throws -> Fields {
    let strange = container?.allKeys.map(\.stringValue).sorted().first { !known.contains($0) }
    if let strange {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: path,
          debugDescription: "\(title) has no field '\(strange)'"
            + (known.isEmpty ? "; it has none" : choice(for: strange, of: known))))
    }
    return Fields(title: title, container: container, path: path)
  }

  struct Fields {
    let title: String
    let container: KeyedDecodingContainer<Key>?
    let path: [any CodingKey]

    func value<Value: Decodable>(_ name: String, else usual: Value? = nil) throws -> Value {
      if let value = try container?.decodeIfPresent(Value.self, forKey: Key(stringValue: name)) {
        return value
      }
      guard let usual else {
        throw DecodingError.dataCorrupted(
          .init(codingPath: path, debugDescription: "\(title) needs the field '\(name)'"))
      }
      return usual
    }
  }

  struct Key: CodingKey {
    let stringValue: String
    let intValue: Int? = nil
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }
}
