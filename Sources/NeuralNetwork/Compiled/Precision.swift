/// How wide activations and products are. Weights, gradients of weights, statistics and the loss are
/// 32-bit in either.
public enum Precision: String, Sendable, CaseIterable, Codable {
  /// 32 bits, as everything else has.
  case float32 = "fp32"
  /// 16 bits with the exponent of 32 (bfloat16).
  case bfloat16 = "bf16"

  var bytes: Int { self == .float32 ? 4 : 2 }
}
