import InterchangeBasics
import InterchangeTensors

/// `awq`, version `gemm`: whole numbers of 4 bits with a scale and a zero for each group of inputs.
///
/// For a projection NAME [outputs, inputs]:
///
/// - `NAME.qweight` [inputs, outputs / 8], eight outputs in a word, of which the bits from the
///   lowest on hold 0, 2, 4, 6, 1, 3, 5, 7
/// - `NAME.qzeros` [groups, outputs / 8], packed likewise
/// - `NAME.scales` [groups, outputs]
///
/// An element is scale · (number − zero).
struct AWQ: QuantizationMethod {
  static let name = "awq"
  static let fields = KnownFields(
    applied: ["bits", "format", "group_size", "quant_method", "version", "w_bit", "q_group_size"],
    harmless: [
      "backend", "desc_act", "do_fuse", "exllama_config", "fuse_max_seq_len", "meta",
      "modules_to_fuse", "modules_to_not_convert", "sym",
    ],
    harmlessAt: ["zero_point": [true], "pack_dtype": ["int32"], "method": ["awq"]])

  /// The place in a word of one of eight outputs, in bits: 0, 16, 4, 20, 8, 24, 12, 28.
  private static func shift(_ output: Int) -> Int { output % 2 * 16 + output / 2 * 4 }
  private static let perWord = 8

  private let groupSize: Int?

  init(_ settings: ModelConfiguration) throws {
    let bits: Int = try settings.valueIfPresent("bits") ?? settings.valueIfPresent("w_bit") ?? 4
    try settings.require("bits", bits, in: [4])
    let version: String =
      try settings.valueIfPresent("version") ?? settings.valueIfPresent("format") ?? "gemm"
    try settings.require("version", version.lowercased(), in: ["gemm"])
    groupSize = try settings.groupSize(
      settings.fields["group_size"] == nil ? "q_group_size" : "group_size")
  }

  func weights(in checkpoint: any Checkpoint) throws -> [QuantizedWeight] {
    try checkpoint.stems(ending: ".qweight").map { try weight($0, checkpoint) }
  }

  private func weight(_ name: String, _ checkpoint: any Checkpoint) throws -> QuantizedWeight {
    let stored = try checkpoint.part(name + ".qweight", [.int32])
    guard stored.shape.count == 2, stored.count > 0, stored.width <= 1 << 24 else {
      throw checkpoint.wrong(
        name + ".qweight", expected: "a matrix", found: "shape \(stored.shape)")
    }
    let (packed, inputs) = (stored.width, stored.rows)
    let outputs = packed * Self.perWord
    let size = groupSize ?? inputs
    let groups = (inputs + size - 1) / size
    let scales = try checkpoint.part(name + ".scales", .scales, [groups, outputs])
    let zeros = PackedWords(try checkpoint.part(name + ".qzeros", [.int32], [groups, packed]))
    let (words, factors) = (PackedWords(stored), scales.floats())
    @Sendable func field(_ word: UInt32, _ row: Int) -> UInt32 {
      word >> UInt32(Self.shift(row % Self.perWord)) & 15
    }
    let integers = ScaledRows.Integers(
      bits: 4, rows: outputs, width: inputs, groupSize: size, scaleType: scales.elementType,
      scale: { row, group in factors.pointer[group * outputs + row] },
      zero: { row, group in Int(field(zeros[group * packed + row / Self.perWord], row)) },
      read: { range, codes in
        // Eight inputs and the eight outputs of a word at a time.
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: Self.perWord) { square in
          guard let square = square.baseAddress else { return }
          for row in stride(from: range.lowerBound, to: range.upperBound, by: Self.perWord) {
            let line = codes + (row - range.lowerBound) * inputs
            for input in stride(from: 0, to: inputs, by: Self.perWord) {
              let count = min(Self.perWord, inputs - input)
              for place in 0..<Self.perWord {
                let word = place < count ? words[(input + place) * packed + row / Self.perWord] : 0
                square[place] = PackedWords.spread(word)
              }
              PackedWords.transpose(square)
              for output in 0..<Self.perWord {
                withUnsafeBytes(of: square[Self.shift(output) / 4].littleEndian) { numbers in
                  UnsafeMutableRawBufferPointer(
                    start: line + output * inputs + input, count: count
                  ).copyMemory(from: UnsafeRawBufferPointer(rebasing: numbers[..<count]))
                }
              }
            }
          }
        }
      })
    return QuantizedWeight(
      name: name + ".weight", shape: [outputs, inputs],
      parts: ["qweight", "qzeros", "scales"].map { "\(name).\($0)" },
      content: ScaledRows(integers))
  }
}
