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
  ]
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
