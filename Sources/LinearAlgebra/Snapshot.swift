import Foundation

/// The state of a computation as a value: named runs of floats, and small named values as JSON.
///
/// Whatever can go on later bit for bit, such as a trainer or a run of the alternation, puts all that
/// it needs into one of these and takes it from there. Parts keep their own names, behind a prefix.
public struct Snapshot: Sendable, Equatable {
  /// Copies of arenas.
  public private(set) var floats: [String: [Float]]
  /// JSON texts.
  public private(set) var values: [String: String]

  /// A snapshot of these entries; empty without them.
  public init(floats: [String: [Float]] = [:], values: [String: String] = [:]) {
    self.floats = floats
    self.values = values
  }

  /// Stores a copy of an arena's contents. O(n).
  public mutating func store(_ arena: Arena, as name: String) {
    floats[name] = Array(arena.floats)
  }

  /// Stores a value; every finite and infinite number keeps its bits.
  ///
  /// - Throws: what the value throws when it is encoded.
  public mutating func store(_ value: some Encodable, as name: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    values[name] = String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  /// Stores the state of a part; its entries are then called `name.ENTRY`.
  public mutating func store(_ part: Snapshot, as name: String) {
    for (key, value) in part.floats { floats["\(name).\(key)"] = value }
    for (key, value) in part.values { values["\(name).\(key)"] = value }
  }

  /// Fills an arena with what was stored.
  ///
  /// - Throws: `LinearAlgebraError.unusableState` when it is not there or not as long as the arena.
  public func restore(_ arena: Arena, from name: String) throws {
    guard let stored = floats[name], stored.count == arena.layout.count else {
      throw LinearAlgebraError.unusableState(
        entry: name, expected: "\(arena.layout.count) floats",
        found: floats[name].map { "\($0.count)" } ?? "none")
    }
    _ = arena.floats.update(fromContentsOf: stored)
  }

  /// A value that was stored.
  ///
  /// - Throws: `LinearAlgebraError.unusableState` when it is not there or of another kind.
  public func value<Value: Decodable>(_ name: String, as _: Value.Type = Value.self) throws -> Value
  {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    guard let text = values[name],
      let value = try? decoder.decode(Value.self, from: Data(text.utf8))
    else {
      throw LinearAlgebraError.unusableState(
        entry: name, expected: "\(Value.self)",
        found: values[name] == nil ? "none" : "something else")
    }
    return value
  }

  /// The state of a part that was stored under that name; empty when there was none.
  public func part(_ name: String) -> Snapshot {
    func inner<Content>(_ entries: [String: Content]) -> [String: Content] {
      Dictionary(
        entries.compactMap { key, value in
          key.hasPrefix("\(name).") ? (String(key.dropFirst(name.count + 1)), value) : nil
        }
      ) { first, _ in first }
    }
    return Snapshot(floats: inner(floats), values: inner(values))
  }
}
