import InterchangeBasics
import InterchangeTensors

/// `gptq`: whole numbers of 2, 4 or 8 bits with a scale and a zero for each group of inputs.
///
/// For a projection NAME [outputs, inputs], with as many numbers in a word of 32 bits as fit:
///
/// - `NAME.qweight` [inputs / numbers, outputs], words along the inputs, the lowest bits first
/// - `NAME.qzeros` [groups, outputs / numbers], words along the outputs; in the format `gptq` (not
///   `gptq_v2`) one less than the zeros, as whole words count
/// - `NAME.scales` [groups, outputs]
/// - `NAME.g_idx` [inputs], each input's group; without it groups are neighbors
///
/// An element is scale · (number − zero).
struct GPTQ: QuantizationMethod {
  static let name = "gptq"
  static let fields = KnownFields(
    applied: ["bits", "checkpoint_format", "format", "group_size", "quant_method"],
    harmless: [
      // The way to the numbers: the tensors have the outcome.
      "act_group_aware", "damp_auto_increment", "damp_percent", "dataset", "desc_act",
      "hessian_chunk_size", "mse", "static_groups", "sym", "true_sequential", "tokenizer",
      // Ways in which other programs run it.
      "backend", "batch_size", "block_name_to_quantize", "cache_block_outputs", "disable_exllama",
      "exllama_config", "lm_head", "max_input_length", "meta", "model_file_base_name",
      "model_name_or_path", "model_seqlen", "module_name_preceding_first_block",
      "modules_in_block_to_quantize", "offload_to_disk", "offload_to_disk_path",
      "pack_impl", "pad_token_id", "use_cuda_fp16", "use_exllama",
    ],
    harmlessAt: [
      "is_marlin_format": [false], "pack_dtype": ["int32"], "method": ["gptq"],
      "quant_type": ["int"],
    ])

  private let bits: Int
  private let groupSize: Int?
  /// The addition to a word of zeros.
  private let increment: UInt32

  init(_ settings: ModelConfiguration) throws {
    bits = try settings.value("bits")
    try settings.require("bits", bits, in: [2, 4, 8])
    groupSize = try settings.groupSize()
    let format: String =
      try settings.valueIfPresent("checkpoint_format") ?? settings.valueIfPresent("format")
      ?? "gptq"
    try settings.require("checkpoint_format", format, in: ["gptq", "gptq_v2"])
    increment = format == "gptq" ? UInt32.max / (1 << UInt32(bits) - 1) : 0
  }

  func weights(in checkpoint: any Checkpoint) throws -> [QuantizedWeight] {
    try checkpoint.stems(ending: ".qweight").map { try weight($0, checkpoint) }
  }

  private func weight(_ name: String, _ checkpoint: any Checkpoint) throws -> QuantizedWeight {
    let stored = try checkpoint.part(name + ".qweight", [.int32])
    let perWord = 32 / bits
    guard stored.shape.count == 2, stored.count > 0, stored.width % perWord == 0,
      stored.rows <= 1 << 24
    else {
      throw checkpoint.wrong(
        name + ".qweight", expected: "a matrix whose width is a multiple of \(perWord)",
        found: "shape \(stored.shape)")
    }
    let (outputs, inputs) = (stored.width, stored.rows * perWord)
    let size = groupSize ?? inputs
    let groups = (inputs + size - 1) / size
    let scales = try checkpoint.part(name + ".scales", .scales, [groups, outputs])
    let zeros = PackedWords(
      try checkpoint.part(name + ".qzeros", [.int32], [groups, outputs / perWord]))
    var parts = ["qweight", "qzeros", "scales"].map { "\(name).\($0)" }
    var mapping: [Int32]?
    if checkpoint.contains(name + ".g_idx") {
      parts.append(name + ".g_idx")
      mapping = try order(name + ".g_idx", checkpoint, inputs, size, groups)
    }
    let (bits, increment) = (bits, increment)
    let mask: UInt32 = 1 << UInt32(bits) - 1
    let (words, factors) = (PackedWords(stored), scales.floats())
    let integers = ScaledRows.Integers(
      bits: bits, rows: outputs, width: inputs, groupSize: size, groupOfColumn: mapping,
      scaleType: scales.elementType,
      scale: { row, group in factors.pointer[group * outputs + row] },
      zero: { row, group in
        let word = zeros[group * (outputs / perWord) + row / perWord] &+ increment
        return Int(word >> UInt32(bits * (row % perWord)) & mask)
      },
      read: { range, codes in
        for word in 0..<inputs / perWord {
          for (row, index) in zip(range, 0...) {
            words.unpack(
              word * outputs + row, bits: bits, to: codes + index * inputs + word * perWord)
          }
        }
      })
    return QuantizedWeight(
      name: name + ".weight", shape: [outputs, inputs], parts: parts,
      content: ScaledRows(integers))
  }

  /// The group of each input; nil where neighbors share one.
  private func order(
    _ name: String, _ checkpoint: any Checkpoint, _ inputs: Int, _ size: Int, _ groups: Int
  ) throws -> [Int32]? {
    let words = PackedWords(try checkpoint.part(name, [.int32], [inputs]))
    let order = (0..<inputs).map { Int32(bitPattern: words[$0]) }
    guard order.allSatisfy({ (0..<Int32(groups)).contains($0) }) else {
      throw checkpoint.wrong(
        name, expected: "groups 0 to \(groups - 1)", found: "others among them")
    }
    return order.indices.allSatisfy { Int(order[$0]) == $0 / size } ? nil : order
  }
}
