import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeTensors

/// The rotary embedding that settings ask for, in any of the forms that files have had.
struct RotarySettings {
  /// The sizes on which frequencies depend.
  var headWidth: Int
  /// The length of the longest sequence.
  var maximumLength: Int
  /// The base where the file says none.
  var base = 10_000.0
  /// The share of a head that is turned where the file says none.
  var share = 1.0
  /// Tells whether the file may say another share.
  var readsShare = false
  /// The width that is turned, where it isn't a share.
  var turned: Int?
  /// The numbers that are taken as a pair.
  var pairing = RotaryEmbedding.Pairing.halves

  /// The embedding of all layers, or of one of the kinds that `layer_types` names.
  ///
  /// - Throws: `CheckpointError` or ``ModelError`` naming the file and the field.
  func embedding(_ settings: ModelSettings, layerType: String? = nil) throws -> RotaryEmbedding {
    switch settings.source {
    case .folder(let file): try folderEmbedding(settings, file, layerType)
    case .gguf(let file, let name): try ggufEmbedding(settings, file, name)
    }
  }

  private func folderEmbedding(
    _ settings: ModelSettings, _ file: ModelConfiguration, _ layerType: String?
  ) throws -> RotaryEmbedding {
    // Newer files keep θ and the scaling together in rope_parameters; the reference lets an older
    // field stand before it.
    let older = try settings.sectionIfPresent("rope_scaling")
    let newer = try settings.sectionIfPresent("rope_parameters")
    var section = older?.fields.isEmpty == false ? older : newer
    if let layerType, section?.fields[layerType] != nil {
      section = try section?.sectionIfPresent(layerType)
    }
    var (base, share) = (base, share)
    if let own: Double = try settings.valueIfPresent("rope_theta") { base = own }
    if let own: Double = try section?.valueIfPresent("rope_theta") { base = own }
    if readsShare {
      if let own: Double = try settings.valueIfPresent("partial_rotary_factor") { share = own }
      if let own: Double = try section?.valueIfPresent("partial_rotary_factor") { share = own }
    }
    // A share that no model can have is refused by its width.
    let part = (Double(headWidth) * share).rounded(.down)
    let width = turned ?? Int(exactly: part) ?? 0
    try check(width, base: base, settings)
    return try RopeScaling(
      section, settings, turned: width, base: base, maximumLength: maximumLength,
      readsShare: readsShare
    ).embedding(headWidth: headWidth, pairing: pairing)
  }

  private func check(_ width: Int, base: Double, _ settings: ModelSettings) throws {
    let require = ConfigurationCheck(path: settings.path)
    // Numbers that no model can have must not size an array here.
    try require.size(headWidth, "head width")
    try require.size(maximumLength, "context length")
    if width == headWidth {
      try require(headWidth % 2 == 0, "head width", "an even number", headWidth)
    }
    try require(
      width % 2 == 0 && (2...headWidth).contains(width), "rotary width",
      "an even number of at most \(headWidth), the head width", width)
    try require(base > 1 && base.isFinite, "rope base", "above 1", base)
  }
}

extension RotarySettings {
  private func ggufEmbedding(
    _ settings: ModelSettings, _ file: GGUFFile, _ name: String
  ) throws -> RotaryEmbedding {
    let base: Double = try settings.valueIfPresent(gguf: "rope.freq_base") ?? base
    let stated: Int? = try settings.valueIfPresent(gguf: "rope.dimension_count")
    let width = readsShare || turned != nil ? stated ?? turned ?? headWidth : headWidth
    if let stated, stated != width {
      throw settings.invalid(
        gguf: "rope.dimension_count", expected: "\(headWidth), the width of a head",
        found: "\(stated)")
    }
    try check(width, base: base, settings)
    if let stretched = try ggufStretched(settings, file, turned: width, base: base) {
      return stretched
    }
    let factors = try ggufFactors(settings, file, turned: width)
    let plain = RotaryEmbedding.frequencies(turned: width, base: base)
    return RotaryEmbedding(
      headWidth: headWidth, turned: width,
      frequencies: plain.enumerated().map { $1 / (factors?[$0] ?? 1) }, pairing: pairing)
  }

  /// YaRN's embedding, or LongRoPE's, whose divisors are tensors; nil for another kind.
  private func ggufStretched(
    _ settings: ModelSettings, _ file: GGUFFile, turned: Int, base: Double
  ) throws -> RotaryEmbedding? {
    let require = ConfigurationCheck(path: file.path)
    let (short, long) = ("rope_factors_short.weight", "rope_factors_long.weight")
    let kind: String? = try settings.valueIfPresent(gguf: "rope.scaling.type")
    let isLong = file.contains(short) && file.contains(long)
    guard kind == "yarn" || isLong else { return nil }
    let original: Int =
      try settings.valueIfPresent(gguf: "rope.scaling.original_context_length")
      ?? maximumLength
    try require.size(original, "rope.scaling.original_context_length")
    let factor: Double = try settings.valueIfPresent(gguf: "rope.scaling.factor") ?? 1
    let stated: Double? = try settings.valueIfPresent(gguf: "rope.scaling.attn_factor")
    try require(
      factor > 0 && factor.isFinite && (stated ?? 1).isFinite, "rope factors", "positive numbers",
      factor)
    guard isLong else {
      let fast: Double = try settings.valueIfPresent(gguf: "rope.scaling.yarn_beta_fast") ?? 32
      let slow: Double = try settings.valueIfPresent(gguf: "rope.scaling.yarn_beta_slow") ?? 1
      let inferred = factor <= 1 ? 1 : 0.1 * log(factor) + 1
      return RotaryEmbedding(
        headWidth: headWidth, turned: turned,
        frequencies: RopeScaling.yarn(
          turned: turned, base: base, factor: factor, original: original, fast: fast, slow: slow),
        pairing: pairing, magnitude: Float(inferred * (stated ?? 1)))
    }
    func frequencies(_ name: String) throws -> [Double] {
      let factors = try file.tensor(named: name).floats().elements.map(Double.init)
      try require(
        factors.count == turned / 2 && factors.allSatisfy { $0.isFinite && $0 > 0 }, name,
        "\(turned / 2) positive numbers", "\(factors.count) from \(factors.min() ?? 0)")
      return zip(RotaryEmbedding.frequencies(turned: turned, base: base), factors).map { $0 / $1 }
    }
    let longer = try frequencies(long)
    return RotaryEmbedding(
      headWidth: headWidth, turned: turned, frequencies: try frequencies(short), pairing: pairing,
      magnitude: Float(stated ?? 1),
      longer: RotaryEmbedding.Longer(than: original) { _ in longer })
  }

  /// The divisors of the rotary frequencies: a tensor of factors, one factor for all, or both
  /// multiplied. A factor without a type is linear.
  private func ggufFactors(
    _ settings: ModelSettings, _ file: GGUFFile, turned: Int
  ) throws -> [Double]? {
    let kind: String = try settings.valueIfPresent(gguf: "rope.scaling.type") ?? "linear"
    guard kind == "none" || kind == "linear" else {
      throw settings.invalid(
        gguf: "rope.scaling.type", expected: "none, linear, yarn or longrope", found: kind)
    }
    var scale = 1.0
    // Files of older versions have another name for it; 0 says that there is none.
    let newer: Double? = try settings.valueIfPresent(gguf: "rope.scaling.factor")
    let older: Double? = try settings.valueIfPresent(gguf: "rope.scale_linear")
    if kind == "linear", let stated = newer ?? older, stated != 0 { scale = stated }
    let name = "rope_freqs.weight"
    if file.contains(name) {
      let factors = try file.tensor(named: name).floats().elements.map { Double($0) * scale }
      try ConfigurationCheck(path: file.path)(
        factors.count == turned / 2 && factors.allSatisfy { $0.isFinite && $0 > 0 },
        "rope factors", "\(turned / 2) positive numbers",
        "\(factors.count) numbers from \(factors.min() ?? 0)")
      return factors
    }
    try ConfigurationCheck(path: file.path)(
      scale.isFinite && scale > 0, "rope factors", "positive numbers", scale)
    return scale == 1 ? nil : Array(repeating: scale, count: turned / 2)
  }
}
