/// The columns of a terminal that a text takes: two for wide characters, none for those without width.
///
/// - Source: Unicode Standard Annex #11, its wide and full-width blocks.
func displayWidth(of text: some StringProtocol) -> Int {
  text.reduce(0) { width, character in
    let scalars = character.unicodeScalars
    guard let first = scalars.first else { return width }
    // Marks are part of their character, unless there is none before them.
    switch first.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format, .control: return width
    default: break
    }
    let isWide =
      first.properties.isEmojiPresentation || scalars.contains("\u{FE0F}")
      || wideBlocks.contains { $0.contains(first.value) }
    return width + (isWide ? 2 : 1)
  }
}

private let wideBlocks: [ClosedRange<UInt32>] = [
  0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97F,
  0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6,
  0x20000...0x3FFFD,
]
