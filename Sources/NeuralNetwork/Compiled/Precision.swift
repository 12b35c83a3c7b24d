import COneDNN

/// How wide activations and products are. Weights, gradients of weights, statistics and the loss are
/// 32-bit in either.
public enum Precision: String, Sendable, CaseIterable, Codable {
  case float32 = "fp32"
  /// 16 bits with the exponent of 32 (bfloat16).
  case bfloat16 = "bf16"

  /// Whether this processor multiplies in bfloat16; without that it would only be slower.
  public static var hasFastBFloat16: Bool {
    // Instruction sets are bit masks that contain those they extend.
    let found = dnnl_get_effective_cpu_isa().rawValue
    let needed = dnnl_cpu_isa_avx512_core_bf16.rawValue
    return found & needed == needed
  }

  /// This precision, or 32 bits where the processor has no fast 16.
  public var available: Precision { self == .float32 || Self.hasFastBFloat16 ? self : .float32 }

  var bytes: Int { self == .float32 ? 4 : 2 }
  var type: dnnl_data_type_t { self == .float32 ? dnnl_f32 : dnnl_bf16 }
}
