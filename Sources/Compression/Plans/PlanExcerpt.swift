/// A plan with a mark under one of its characters, which counts from 0; of a long one what is around it.
///
/// - Complexity: O(length).
func excerpt(of plan: String, at offset: Int, indent: String = "  ") -> String {
  let isLong = plan.dropFirst(400).first != nil
  let start = isLong ? max(0, offset - 100) : 0
  let before = (start > 0 ? "…" : "") + plan.dropFirst(start).prefix(offset - start)
  let behind = plan.dropFirst(offset)
  let text = before + (isLong ? behind.prefix(100) + (behind.count > 100 ? "…" : "") : behind)
  return "\(indent)\(text)\n\(indent)\(String(repeating: " ", count: displayWidth(of: before)))^"
}
