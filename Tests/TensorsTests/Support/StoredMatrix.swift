import CInterchangeKernels
import InterchangeBasics
import InterchangeTensors

/// A form in which weights are stored.
struct StoredForm: Sendable {
  typealias Widen = @convention(c) (UnsafeRawPointer?, UnsafeMutablePointer<Float>?, Int) -> Void

  let name: String
  let block: Int
  let blockBytes: Int
  let widen: Widen?
  /// The first bytes of the float16 fields, whose exponents must keep away from infinity.
  var halves: [Int] = []
  /// Bytes that are masked, and what is put in the place of the masked bits.
  var masked: [(byte: Int, mask: UInt8, value: UInt8)] = []

  static let float32 = StoredForm(name: "float32", block: 1, blockBytes: 4, widen: nil)
  static let widened = [
    StoredForm(name: "bf16", block: 1, blockBytes: 2, widen: ck_widen_bf16, halves: [0]),
    StoredForm(name: "f16", block: 1, blockBytes: 2, widen: ck_widen_f16, halves: [0]),
    StoredForm(name: "q4_0", block: 32, blockBytes: 18, widen: ck_widen_q4_0, halves: [0]),
    StoredForm(name: "q4_1", block: 32, blockBytes: 20, widen: ck_widen_q4_1, halves: [0, 2]),
    StoredForm(name: "q5_0", block: 32, blockBytes: 22, widen: ck_widen_q5_0, halves: [0]),
    StoredForm(name: "q5_1", block: 32, blockBytes: 24, widen: ck_widen_q5_1, halves: [0, 2]),
    StoredForm(name: "q8_0", block: 32, blockBytes: 34, widen: ck_widen_q8_0, halves: [0]),
    StoredForm(name: "q4_k", block: 256, blockBytes: 144, widen: ck_widen_q4_k, halves: [0, 2]),
    StoredForm(name: "q5_k", block: 256, blockBytes: 176, widen: ck_widen_q5_k, halves: [0, 2]),
    StoredForm(name: "q6_k", block: 256, blockBytes: 210, widen: ck_widen_q6_k, halves: [208]),
    StoredForm(name: "q2_k", block: 256, blockBytes: 84, widen: ck_widen_q2_k, halves: [80, 82]),
    StoredForm(name: "q3_k", block: 256, blockBytes: 110, widen: ck_widen_q3_k, halves: [108]),
    StoredForm(name: "tq1_0", block: 256, blockBytes: 54, widen: ck_widen_tq1_0, halves: [52]),
    StoredForm(name: "tq2_0", block: 256, blockBytes: 66, widen: ck_widen_tq2_0, halves: [64]),
    StoredForm(
      name: "mxfp4", block: 32, blockBytes: 17, widen: ck_widen_mxfp4, masked: [(0, 3, 0x7a)]),
    StoredForm(name: "nvfp4", block: 64, blockBytes: 36, widen: ck_widen_nvfp4),
    StoredForm(name: "iq1_s", block: 256, blockBytes: 50, widen: ck_widen_iq1_s, halves: [0]),
    StoredForm(
      name: "iq1_m", block: 256, blockBytes: 56, widen: ck_widen_iq1_m, masked: [(55, 0x8f, 0x20)]),
    StoredForm(name: "iq2_xxs", block: 256, blockBytes: 66, widen: ck_widen_iq2_xxs, halves: [0]),
    StoredForm(name: "iq2_xs", block: 256, blockBytes: 74, widen: ck_widen_iq2_xs, halves: [0]),
    StoredForm(name: "iq2_s", block: 256, blockBytes: 82, widen: ck_widen_iq2_s, halves: [0]),
    StoredForm(name: "iq3_xxs", block: 256, blockBytes: 98, widen: ck_widen_iq3_xxs, halves: [0]),
    StoredForm(name: "iq3_s", block: 256, blockBytes: 110, widen: ck_widen_iq3_s, halves: [0]),
    StoredForm(name: "iq4_nl", block: 32, blockBytes: 18, widen: ck_widen_iq4_nl, halves: [0]),
    StoredForm(name: "iq4_xs", block: 256, blockBytes: 136, widen: ck_widen_iq4_xs, halves: [0]),
    // Without its NaN, and without infinity and NaN.
    StoredForm(
      name: "f8_e4m3", block: 1, blockBytes: 1, widen: ck_widen_f8_e4m3, masked: [(0, 0xfe, 0)]),
    StoredForm(
      name: "f8_e5m2", block: 1, blockBytes: 1, widen: ck_widen_f8_e5m2, masked: [(0, 0xbf, 0)]),
    StoredForm(
      name: "scaled i8", block: 32, blockBytes: 36, widen: ck_widen_scaled_i8, masked: [scale(0)]),
    StoredForm(
      name: "scaled f8", block: 32, blockBytes: 36, widen: ck_widen_scaled_f8,
      masked: [scale(0)] + (4..<36).map { ($0, 0xfe, 0) }),
    StoredForm(
      name: "scaled u4", block: 32, blockBytes: 24, widen: ck_widen_scaled_u4,
      masked: [scale(0), scale(4)]),
    StoredForm(
      name: "scaled nf4", block: 32, blockBytes: 20, widen: ck_widen_scaled_nf4,
      masked: [scale(0)]),
    StoredForm(
      name: "scaled fp4", block: 32, blockBytes: 20, widen: ck_widen_scaled_fp4,
      masked: [scale(0)]),
  ]

  /// A float32 from a byte on that is around 1/16.
  private static func scale(_ byte: Int) -> (byte: Int, mask: UInt8, value: UInt8) {
    (byte + 3, 0x80, 0x3d)
  }
}

/// Random stored rows, in order or chosen (with repetition) by an order.
final class StoredMatrix {
  let form: StoredForm
  let rows: Int
  let width: Int
  var weight: ck_weight
  private let bytes: UnsafeMutableRawBufferPointer
  private let order: UnsafeMutableBufferPointer<UInt32>

  init(
    _ form: StoredForm, rows: Int, width: Int, ordered: Bool,
    using generator: inout RandomGenerator
  ) {
    self.form = form
    self.rows = rows
    self.width = width
    let rowBytes = width / form.block * form.blockBytes
    bytes = .allocate(byteCount: rows * rowBytes, alignment: 4)
    if form.widen == nil {
      for offset in stride(from: 0, to: bytes.count, by: 4) {
        bytes.storeBytes(
          of: Float.random(in: -1...1, using: &generator), toByteOffset: offset, as: Float.self)
      }
    } else {
      for index in bytes.indices { bytes[index] = .random(in: 0...255, using: &generator) }
      for start in stride(from: 0, to: bytes.count, by: form.blockBytes) {
        // Exponents around 1/16 as float16, and small enough as bfloat16.
        for upper in form.halves.map({ start + $0 + 1 }) {
          bytes[upper] = bytes[upper] & 0x83 | 0x2c
        }
        for (byte, mask, value) in form.masked {
          bytes[start + byte] = bytes[start + byte] & mask | value
        }
      }
    }
    order = .allocate(capacity: rows)
    for row in 0..<rows { order[row] = .random(in: 0..<UInt32(rows), using: &generator) }
    weight = ck_weight(
      data: UnsafeRawPointer(bytes.baseAddress), row_bytes: rowBytes, width: width,
      order: ordered ? UnsafePointer(order.baseAddress) : nil, widen: form.widen,
      block: form.block, block_bytes: form.blockBytes)
  }

  deinit {
    bytes.deallocate()
    order.deallocate()
  }

  /// The whole matrix, [rows, width].
  func floats() -> [Float] {
    var floats = [Float](repeating: 0, count: rows * width)
    ck_weight_rows(&weight, 0, rows, &floats)
    return floats
  }
}
