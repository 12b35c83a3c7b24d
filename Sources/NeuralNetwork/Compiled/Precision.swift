import COneDNN

/// How wide activations and products are. Weights, gradients of weights, statistics and the loss are
/// 32-bit in either.
public enum Precision: String, Sendable, CaseIterable, Codable {
  /// 32 bits, as everything else has.
  case float32 = "fp32"
  /// 16 bits with the exponent of 32 (bfloat16).
  case bfloat16 = "bf16"

  /// Whether this processor has tiles that multiply in bfloat16 (AMX). Without them, on processors
  /// that have bfloat16 in their vector instructions alone, oneDNN's convolutions are slower than in
  /// 32 bits (`speed layers resnet20 bf16`).
  public static var hasFastBFloat16: Bool { has(dnnl_cpu_isa_avx512_core_amx) }

  /// This precision, or 32 bits where the processor has no fast 16.
  public var available: Precision { self == .float32 || Self.hasFastBFloat16 ? self : .float32 }

  /// Whether it can be computed in at all, fast or not.
  package var isSupported: Bool { self == .float32 || Self.has(dnnl_cpu_isa_avx512_core) }

  /// Instruction sets are bit masks that contain those they extend.
  private static func has(_ isa: dnnl_cpu_isa_t) -> Bool {
    dnnl_get_effective_cpu_isa().rawValue & isa.rawValue == isa.rawValue
  }

  var bytes: Int { self == .float32 ? 4 : 2 }
  var type: dnnl_data_type_t { self == .float32 ? dnnl_f32 : dnnl_bf16 }
}
