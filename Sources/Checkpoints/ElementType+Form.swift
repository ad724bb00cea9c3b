import CInterchangeKernels

extension ElementType {
  /// A kernel that widens whole blocks to float32.
  typealias Widening = @convention(c) (UnsafeRawPointer?, UnsafeMutablePointer<Float>?, Int) -> Void

  /// All that distinguishes one type of element from another.
  struct Form {
    /// The number of elements in a block.
    var block = 1
    /// The number of bytes of a block.
    let bytes: Int
    /// The type's number in GGUF files; nil where they can't have it.
    var gguf: UInt32?
    /// The kernel; nil for float32 and for the types that no model's weights have.
    var widening: Widening?
  }

  /// The type's form: one line for each.
  var form: Form {
    switch self {
    case .float32: Form(bytes: 4, gguf: 0)
    case .float16: Form(bytes: 2, gguf: 1, widening: ck_widen_f16)
    case .bfloat16: Form(bytes: 2, gguf: 30, widening: ck_widen_bf16)
    case .float64: Form(bytes: 8, gguf: 28)
    case .float8_e4m3: Form(bytes: 1, widening: ck_widen_f8_e4m3)
    case .float8_e5m2: Form(bytes: 1, widening: ck_widen_f8_e5m2)
    case .float8_e8m0: Form(bytes: 1)
    case .q4_0: Form(block: 32, bytes: 18, gguf: 2, widening: ck_widen_q4_0)
    case .q4_1: Form(block: 32, bytes: 20, gguf: 3, widening: ck_widen_q4_1)
    case .q5_0: Form(block: 32, bytes: 22, gguf: 6, widening: ck_widen_q5_0)
    case .q5_1: Form(block: 32, bytes: 24, gguf: 7, widening: ck_widen_q5_1)
    case .q8_0: Form(block: 32, bytes: 34, gguf: 8, widening: ck_widen_q8_0)
    case .q2_K: Form(block: 256, bytes: 84, gguf: 10, widening: ck_widen_q2_k)
    case .q3_K: Form(block: 256, bytes: 110, gguf: 11, widening: ck_widen_q3_k)
    case .q4_K: Form(block: 256, bytes: 144, gguf: 12, widening: ck_widen_q4_k)
    case .q5_K: Form(block: 256, bytes: 176, gguf: 13, widening: ck_widen_q5_k)
    case .q6_K: Form(block: 256, bytes: 210, gguf: 14, widening: ck_widen_q6_k)
    case .tq1_0: Form(block: 256, bytes: 54, gguf: 34, widening: ck_widen_tq1_0)
    case .tq2_0: Form(block: 256, bytes: 66, gguf: 35, widening: ck_widen_tq2_0)
    case .iq1_S: Form(block: 256, bytes: 50, gguf: 19, widening: ck_widen_iq1_s)
    case .iq1_M: Form(block: 256, bytes: 56, gguf: 29, widening: ck_widen_iq1_m)
    case .iq2_XXS: Form(block: 256, bytes: 66, gguf: 16, widening: ck_widen_iq2_xxs)
    case .iq2_XS: Form(block: 256, bytes: 74, gguf: 17, widening: ck_widen_iq2_xs)
    case .iq2_S: Form(block: 256, bytes: 82, gguf: 22, widening: ck_widen_iq2_s)
    case .iq3_XXS: Form(block: 256, bytes: 98, gguf: 18, widening: ck_widen_iq3_xxs)
    case .iq3_S: Form(block: 256, bytes: 110, gguf: 21, widening: ck_widen_iq3_s)
    case .iq4_NL: Form(block: 32, bytes: 18, gguf: 20, widening: ck_widen_iq4_nl)
    case .iq4_XS: Form(block: 256, bytes: 136, gguf: 23, widening: ck_widen_iq4_xs)
    case .mxfp4: Form(block: 32, bytes: 17, gguf: 39, widening: ck_widen_mxfp4)
    case .nvfp4: Form(block: 64, bytes: 36, gguf: 40, widening: ck_widen_nvfp4)
    case .scaledInt8: Form(block: 32, bytes: 36, widening: ck_widen_scaled_i8)
    case .scaledFloat8: Form(block: 32, bytes: 36, widening: ck_widen_scaled_f8)
    case .scaledUInt4: Form(block: 32, bytes: 24, widening: ck_widen_scaled_u4)
    case .scaledNF4: Form(block: 32, bytes: 20, widening: ck_widen_scaled_nf4)
    case .scaledFP4: Form(block: 32, bytes: 20, widening: ck_widen_scaled_fp4)
    case .int8: Form(bytes: 1, gguf: 24)
    case .int16: Form(bytes: 2, gguf: 25)
    case .int32: Form(bytes: 4, gguf: 26)
    case .int64: Form(bytes: 8, gguf: 27)
    case .uint8: Form(bytes: 1)
    case .uint16: Form(bytes: 2)
    case .uint32: Form(bytes: 4)
    case .uint64: Form(bytes: 8)
    case .boolean: Form(bytes: 1)
    }
  }

  /// The type of each number that GGUF files may have.
  static let ofGGUFNumber = Dictionary(
    uniqueKeysWithValues: allCases.compactMap { type in type.form.gguf.map { ($0, type) } })
}
