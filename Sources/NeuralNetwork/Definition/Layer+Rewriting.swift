extension [Layer] {
  /// The layers with each replaced by what `body` makes of it; the layers within a block before the
  /// block itself.
  ///
  /// - Parameter body: gets a layer and its name with those of the blocks around it.
  func rewritten(prefix: String = "", _ body: (Layer, String) throws -> [Layer]) rethrows -> [Layer]
  {
    try flatMap { layer in
      let name = prefix + layer.title
      guard case .residual(let title, let inner, let shortcut) = layer else {
        return try body(layer, name)
      }
      let inside = "\(name)."
      let newInner = try inner.rewritten(prefix: inside, body)
      var newShortcut = shortcut
      if case .layers(let layers) = shortcut {
        newShortcut = .layers(try layers.rewritten(prefix: inside, body))
      }
      return try body(.residual(name: title, body: newInner, shortcut: newShortcut), name)
    }
  }
}
