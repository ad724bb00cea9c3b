import InterchangeBasics
import InterchangeTensors

/// `compressed-tensors`, as llm-compressor writes it, where only weights are quantized.
///
/// - `naive-quantized`, `float-quantized`, `int-quantized`: `NAME.weight` is F8_E4M3 or I8, and
///   `NAME.weight_scale` has one number, one for each row, or one for each block.
/// - `pack-quantized`: `NAME.weight_packed` has whole numbers of 4 or 8 bits in words of 32, lowest
///   first, [outputs, inputs · bits / 32]; `NAME.weight_shape` is [outputs, inputs], and
///   `NAME.weight_zero_point` has the zeros, packed along the outputs, if they aren't the middle.
///
/// Where activations are quantized too, the reference's numbers are others, so that is refused.
struct CompressedTensors: QuantizationMethod {
  static let name = "compressed-tensors"
  static let fields = KnownFields(
    applied: ["config_groups", "format", "quant_method"],
    harmless: ["global_compression_ratio", "ignore", "quantization_status", "version"],
    harmlessAt: [
      "kv_cache_scheme": [.null], "sparsity_config": [.object([])],
      "transform_config": [.object([])], "moe_sparsity_config": [.null],
    ])
  private static let groupFields = KnownFields(
    applied: ["format", "input_activations", "output_activations", "targets", "weights"])
  private static let weightFields = KnownFields(
    applied: [
      "block_structure", "dynamic", "group_size", "num_bits", "strategy", "symmetric", "type",
    ],
    harmless: [
      // The way in which the scales were found; `actorder` of "group" has tensors of its own.
      "actorder", "observer", "observer_kwargs", "scale_dtype", "zp_dtype",
    ])

  /// The form in which the weights of all groups are stored.
  fileprivate struct Scheme: Equatable {
    let format: String
    let type: String
    let bits: Int
    let isSymmetric: Bool
    let strategy: String
    let groupSize: Int?
    let block: [Int]?
  }

  private let scheme: Scheme

  init(_ settings: ModelConfiguration) throws {
    func wrong(_ field: String, expected: String, found: String) -> CheckpointError {
      .malformed(
        file: settings.path, place: "field \(quoted("quantization_config." + field))",
        expected: expected, found: found)
    }
    guard let groups = try settings.sectionIfPresent("config_groups"), !groups.fields.isEmpty else {
      throw wrong("config_groups", expected: "a group of weights", found: "none")
    }
    let format: String? = try settings.valueIfPresent("format")
    var schemes: [Scheme] = []
    for name in groups.fields.keys.sorted() {
      guard let group = try groups.sectionIfPresent(name) else { continue }
      try Self.groupFields.check(group)
      for field in ["input_activations", "output_activations"]
      where try group.sectionIfPresent(field) != nil {
        throw wrong(
          "config_groups.\(name).\(field)",
          expected: "null, as activations are not rounded here", found: "a quantization of them")
      }
      guard let weights = try group.sectionIfPresent("weights") else {
        throw wrong("config_groups.\(name).weights", expected: "an object", found: "none")
      }
      try Self.weightFields.check(weights)
      schemes.append(try Scheme(weights, format: group.valueIfPresent("format") ?? format))
    }
    guard let first = schemes.first, schemes.allSatisfy({ $0 == first }) else {
      throw wrong(
        "config_groups", expected: "one form of weights",
        found: schemes.isEmpty ? "none" : "several")
    }
    scheme = first
  }

  func weights(in checkpoint: any Checkpoint) throws -> [QuantizedWeight] {
    if scheme.format == "pack-quantized" {
      return try checkpoint.stems(ending: ".weight_packed").map { try packed($0, checkpoint) }
    }
    return try checkpoint.stems(ending: ".weight_scale").map { name in
      let isFloat = scheme.type == "float"
      let weight = name + ".weight"
      let stored = try checkpoint.part(weight, [isFloat ? .float8_e4m3 : .int8])
      guard stored.shape.count == 2, stored.count > 0 else {
        throw checkpoint.wrong(weight, expected: "a matrix", found: "shape \(stored.shape)")
      }
      let grid = try ScaleGrid(
        weight + "_scale", in: checkpoint, of: stored.shape,
        block: scheme.scaleBlock(of: stored.shape))
      return QuantizedWeight(
        name: weight, shape: stored.shape, parts: [weight, weight + "_scale"],
        content: grid.rows(isFloat ? .float8 : .int8, of: stored))
    }
  }

  private func packed(_ name: String, _ checkpoint: any Checkpoint) throws -> QuantizedWeight {
    let weight = name + ".weight"
    let sizes = try checkpoint.part(weight + "_shape", [.int64, .int32], [2]).floats().elements
    let perWord = 32 / scheme.bits
    let stored = try checkpoint.part(weight + "_packed", [.int32])
    guard stored.shape.count == 2, stored.count > 0, sizes[0] == Float(stored.rows),
      sizes[1] > 0, (sizes[1] / Float(perWord)).rounded(.up) == Float(stored.width)
    else {
      throw checkpoint.wrong(
        weight + "_packed", expected: "the numbers of a matrix \(sizes)",
        found: "shape \(stored.shape)")
    }
    let (rows, width) = (stored.rows, Int(sizes[1]))
    let shape = [rows, width]
    let grid = try ScaleGrid(
      weight + "_scale", in: checkpoint, of: shape, block: scheme.scaleBlock(of: shape))
    let (bits, groups, words) = (scheme.bits, grid.groups, PackedWords(stored))
    let wordsPerRow = stored.width
    let mask: UInt32 = 1 << UInt32(bits) - 1
    var parts = ["packed", "shape", "scale"].map { "\(weight)_\($0)" }
    var zeros: PackedWords?
    if !scheme.isSymmetric {
      parts.append(weight + "_zero_point")
      zeros = PackedWords(
        try checkpoint.part(
          weight + "_zero_point", [.int32], [(rows + perWord - 1) / perWord, groups]))
    }
    let integers = ScaledRows.Integers(
      bits: bits, rows: rows, width: width, groupSize: grid.blockColumns,
      scaleType: try checkpoint.tensor(named: weight + "_scale").elementType,
      scale: { row, group in grid.scales.pointer[row / grid.blockRows * groups + group] },
      zero: { [zeros] row, group in
        guard let zeros else { return 1 << (bits - 1) }
        return Int(
          zeros[row / perWord * groups + group] >> UInt32(bits * (row % perWord)) & mask)
      },
      read: { range, codes in
        for (row, index) in zip(range, 0...) {
          let line = codes + index * width
          let whole = width / perWord
          for word in 0..<whole {
            words.unpack(row * wordsPerRow + word, bits: bits, to: line + word * perWord)
          }
          for column in whole * perWord..<width {
            let word = words[row * wordsPerRow + whole]
            line[column] = UInt8(
              truncatingIfNeeded: word >> UInt32(bits * (column % perWord)) & mask)
          }
        }
      })
    return QuantizedWeight(name: weight, shape: shape, parts: parts, content: ScaledRows(integers))
  }
}

extension CompressedTensors.Scheme {
  fileprivate init(_ weights: ModelConfiguration, format: String?) throws {
    self.format = format ?? ""
    type = try weights.valueIfPresent("type") ?? "int"
    bits = try weights.valueIfPresent("num_bits") ?? 8
    isSymmetric = try weights.valueIfPresent("symmetric") ?? true
    strategy = try weights.valueIfPresent("strategy") ?? "tensor"
    groupSize = try weights.valueIfPresent("group_size")
    block = try weights.valueIfPresent("block_structure")
    let found = "\(self.format) with \(type) of \(bits) bits\(isSymmetric ? "" : ", asymmetric")"
    let isKnown: Bool
    switch self.format {
    case "pack-quantized": isKnown = type == "int" && (bits == 4 || bits == 8)
    case "naive-quantized", "float-quantized", "int-quantized":
      isKnown = ["int", "float"].contains(type) && bits == 8 && isSymmetric
    default: isKnown = false
    }
    let hasSizes: Bool
    switch strategy {
    case "tensor", "channel": hasSizes = true
    case "group": hasSizes = (1...1 << 24).contains(groupSize ?? 0)
    case "block":
      hasSizes = block?.count == 2 && block?.allSatisfy { (1...1 << 24).contains($0) } == true
    default: hasSizes = false
    }
    guard isKnown, hasSizes else {
      throw CheckpointError.malformed(
        file: weights.path, place: "field \"quantization_config.config_groups\"",
        expected: "naive-, float- or int-quantized with 8 bits, symmetric, or pack-quantized with "
          + "4 or 8 bits, with scales by tensor, channel, group or block",
        found: "\(found), scales by \(strategy)")
    }
  }

  /// The rows and columns under one scale.
  fileprivate func scaleBlock(of shape: [Int]) -> (Int, Int) {
    switch strategy {
    case "channel": (1, shape[1])
    case "group": (1, groupSize ?? shape[1])
    case "block": (block?[0] ?? shape[0], block?[1] ?? shape[1])
    default: (shape[0], shape[1])
    }
  }
}
