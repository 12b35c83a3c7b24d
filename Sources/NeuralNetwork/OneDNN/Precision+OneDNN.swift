import COneDNN

extension Precision {
  /// Whether this processor can compute in it at all; whether it is faster, `PrecisionTrial` measures.
  package var isSupported: Bool {
    // Instruction sets are bit masks that contain those they extend.
    let needed = dnnl_cpu_isa_avx512_core.rawValue
    return self == .float32 || dnnl_get_effective_cpu_isa().rawValue & needed == needed
  }

  var type: dnnl_data_type_t { self == .float32 ? dnnl_f32 : dnnl_bf16 }
}
