import InterchangeBasics

/// `fp8`: floats of 8 bits with a scale for each block of a matrix, as DeepSeek-V3's and Qwen3's
/// FP8 folders have them.
///
/// `NAME.weight` is F8_E4M3 [outputs, inputs] and `NAME.weight_scale_inv` has what it is multiplied
/// by, [⌈outputs / 128⌉, ⌈inputs / 128⌉], or one number without `weight_block_size`. On a GPU the
/// reference rounds the activations to 8 bits too; without one it dequantizes the weights, and that
/// is what is done here.
struct FineGrainedFloat8: QuantizationMethod {
  static let name = "fp8"
  static let fields = KnownFields(
    applied: ["quant_method", "weight_block_size"],
    harmless: [
      // Of what is rounded when activations are; the reference's `dequantize` leaves it out too.
      "activation_scheme", "dequantize",
      // Names of modules that are stored whole, which their tensors say too.
      "ignored_layers", "modules_to_convert", "modules_to_not_convert",
      // The rounding of scales; their tensors have their own type.
      "scale_fmt",
    ],
    harmlessAt: ["expert_dtype": ["fp8"], "fmt": ["e4m3"]])

  let notes = [
    "its weights are dequantized from 8-bit floats; activations are not rounded, as in the "
      + "reference without a GPU"
  ]
  /// Rows and columns under one scale.
  private let block: (Int, Int)?

  init(_ settings: ModelConfiguration) throws {
    guard let sizes: [Int] = try settings.valueIfPresent("weight_block_size") else {
      block = nil
      return
    }
    guard sizes.count == 2, sizes.allSatisfy({ (1...1 << 24).contains($0) }) else {
      throw CheckpointError.malformed(
        file: settings.path, place: "field \"quantization_config.weight_block_size\"",
        expected: "two positive numbers", found: "\(sizes.prefix(4))")
    }
    block = (sizes[0], sizes[1])
  }

  func weights(in checkpoint: any Checkpoint) throws -> [QuantizedWeight] {
    let ending = "_scale_inv"
    for name in checkpoint.names
    where try checkpoint.tensor(named: name).elementType == .float8_e4m3
      && !checkpoint.contains(name + ending)
    {
      throw CheckpointError.missing(
        file: checkpoint.path, kind: "tensor", name: name + ending, near: [])
    }
    return try checkpoint.stems(ending: ending).map { name in
      let stored = try checkpoint.part(name, [.float8_e4m3])
      guard stored.shape.count >= 2, stored.count > 0 else {
        throw checkpoint.wrong(name, expected: "a matrix", found: "shape \(stored.shape)")
      }
      let grid = try ScaleGrid(name + ending, in: checkpoint, of: stored.shape, block: block)
      let activation = name.hasSuffix(".weight") ? name.dropLast(6) + "activation_scale" : ""
      return QuantizedWeight(
        name: name, shape: stored.shape,
        parts: [name, name + ending] + [String(activation)].filter(checkpoint.contains),
        content: grid.rows(.float8, of: stored))
    }
  }
}
