extension FixedWidthInteger {
  /// The whole number that a text says, in digits or with an exponent: `1000`, `1e+3`.
  package init?(decimal text: some StringProtocol) {
    if let value = Self(text) {
      self = value
      return
    }
    guard text.utf8.contains(where: { $0 | 0x20 == UInt8(ascii: "e") }),
      text.utf8.allSatisfy({ "0123456789+-.eE".utf8.contains($0) }), let value = Double(text)
    else { return nil }
    self.init(exactly: value)
  }
}
