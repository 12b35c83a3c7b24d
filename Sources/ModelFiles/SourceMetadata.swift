// What a file of weights says about itself is kept in the compressed model and comes out of it again.

extension PackedModel {
  /// The entries that a compressed model writes itself.
  private static let own = [key, "plan", Provenance.key]
  private static let sourcePrefix = "source."

  /// The metadata of a source as it stands in a compressed model: as it is, but an entry with the name of
  /// one of the model's own (`lcm`, `plan`, `provenance`) gets `source.` before it, and one that has such
  /// a name already another `source.`, so that no two become one.
  public static func kept(_ source: [String: String]) -> [String: String] {
    func isTaken(_ key: String) -> Bool {
      var rest = key.utf8[...]
      while rest.starts(with: sourcePrefix.utf8) { rest = rest.dropFirst(sourcePrefix.utf8.count) }
      return own.contains { rest.elementsEqual($0.utf8) }
    }
    return Dictionary(
      uniqueKeysWithValues: source.map { (isTaken($0) ? sourcePrefix + $0 : $0, $1) })
  }
}
