import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeTensors

/// A way to stretch rotary frequencies beyond the length of training, by its name in `config.json`.
struct RopeScaling {
  private let section: ModelConfiguration?
  private let settings: ModelSettings
  private let turned: Int
  private let base: Double
  private let maximumLength: Int
  private let readsShare: Bool

  init(
    _ section: ModelConfiguration?, _ settings: ModelSettings, turned: Int, base: Double,
    maximumLength: Int, readsShare: Bool
  ) {
    (self.section, self.settings, self.turned) = (section, settings, turned)
    (self.base, self.maximumLength, self.readsShare) = (base, maximumLength, readsShare)
  }

  private typealias Make = @Sendable (RopeScaling, ModelConfiguration) throws -> Frequencies

  /// The frequencies that a kind makes of the plain ones.
  private struct Frequencies {
    var plain: [Double]
    var magnitude = 1.0
    var longer: RotaryEmbedding.Longer?
  }

  private static let kinds: KeyValuePairs<String, (fields: Set<String>, make: Make)> = [
    // The reference applies nothing but θ without a kind, whatever else stands there.
    "default": ([], { scaling, _ in Frequencies(plain: scaling.plain) }),
    "linear": (["factor"], { try $0.linear($1) }),
    "dynamic": (["factor"], { try $0.dynamic($1) }),
    "llama3": (
      ["factor", "high_freq_factor", "low_freq_factor", "original_max_position_embeddings"],
      { try $0.llama3($1) }
    ),
    "yarn": (
      [
        "factor", "attention_factor", "beta_fast", "beta_slow", "mscale", "mscale_all_dim",
        "original_max_position_embeddings", "truncate",
      ], { try $0.yarn($1) }
    ),
    "longrope": (
      [
        "factor", "attention_factor", "long_factor", "short_factor",
        "original_max_position_embeddings",
      ], { try $0.longrope($1) }
    ),
    // Phi-3's first name for it.
    "su": (
      ["factor", "long_factor", "short_factor", "original_max_position_embeddings"],
      { try $0.longrope($1) }
    ),
  ]

  func embedding(
    headWidth: Int, pairing: RotaryEmbedding.Pairing
  ) throws -> RotaryEmbedding {
    let made = try frequencies()
    try ConfigurationCheck(path: settings.path)(
      made.plain.count == turned / 2 && made.plain.allSatisfy { $0.isFinite && $0 > 0 },
      "rope factors", "\(turned / 2) positive numbers",
      "\(made.plain.count) from \(made.plain.min() ?? 0)")
    return RotaryEmbedding(
      headWidth: headWidth, turned: turned, frequencies: made.plain, pairing: pairing,
      magnitude: Float(made.magnitude), longer: made.longer)
  }

  private var plain: [Double] { RotaryEmbedding.frequencies(turned: turned, base: base) }

  private func frequencies() throws -> Frequencies {
    guard let section else { return Frequencies(plain: plain) }
    let name: String =
      try section.valueIfPresent("rope_type") ?? section.valueIfPresent("type") ?? "default"
    guard let kind = Self.kinds.first(where: { $0.key == name })?.value else {
      throw ModelError.invalidConfiguration(
        path: section.path, field: "rope_scaling",
        expected: "one of \(Self.kinds.map(\.key).joined(separator: ", "))", found: name)
    }
    let share = KnownFields(
      applied: readsShare ? ["partial_rotary_factor"] : [],
      harmlessAt: readsShare ? [:] : ["partial_rotary_factor": [.integer(1)]])
    try KnownFields(applied: kind.fields.union(["rope_type", "type", "rope_theta"]))
      .union(share).check(section)
    return try kind.make(self, section)
  }

  private func linear(_ section: ModelConfiguration) throws -> Frequencies {
    let factor: Double = try section.value("factor")
    return Frequencies(plain: plain.map { $0 / factor })
  }

  /// A base that grows with the length of the sequence.
  private func dynamic(_ section: ModelConfiguration) throws -> Frequencies {
    let factor: Double = try section.value("factor")
    let (turned, base, maximum) = (turned, base, Double(maximumLength))
    let exponent = Double(turned) / Double(turned - 2)
    return Frequencies(
      plain: plain,
      longer: RotaryEmbedding.Longer(
        than: maximumLength, upTo: Int(min(maximum * max(1, factor), Double(1 << 24)))
      ) { length in
        let stretched = factor * Double(length) / maximum - (factor - 1)
        return RotaryEmbedding.frequencies(turned: turned, base: base * pow(stretched, exponent))
      })
  }

  /// LLaMA 3.1's: long wavelengths are divided, short ones stay.
  private func llama3(_ section: ModelConfiguration) throws -> Frequencies {
    let factor: Double = try section.value("factor")
    let low: Double = try section.value("low_freq_factor")
    let high: Double = try section.value("high_freq_factor")
    let original = Double(try originalLength(section))
    return Frequencies(
      plain: plain.map { frequency in
        let turns = original * frequency / (2 * .pi)
        if turns < low { return frequency / factor }
        if turns > high { return frequency }
        // Between the two wavelengths the scaled and the plain frequency are mixed.
        let smooth = (turns - low) / (high - low)
        return frequency / (1 / ((1 - smooth) / factor + smooth))
      })
  }

  /// YaRN (arXiv 2309.00071).
  private func yarn(_ section: ModelConfiguration) throws -> Frequencies {
    let original = try originalLength(section)
    let factor: Double =
      try section.valueIfPresent("factor") ?? Double(maximumLength) / Double(original)
    func magnitude(_ scale: Double = 1) -> Double {
      factor <= 1 ? 1 : 0.1 * scale * log(factor) + 1
    }
    let stated: Double? = try section.valueIfPresent("attention_factor")
    let own: Double = try section.valueIfPresent("mscale") ?? 0
    let all: Double = try section.valueIfPresent("mscale_all_dim") ?? 0
    let inferred = own != 0 && all != 0 ? magnitude(own) / magnitude(all) : magnitude()
    return Frequencies(
      plain: Self.yarn(
        turned: turned, base: base, factor: factor, original: original,
        fast: try section.valueIfPresent("beta_fast") ?? 32,
        slow: try section.valueIfPresent("beta_slow") ?? 1,
        truncates: try section.valueIfPresent("truncate") ?? true),
      magnitude: stated ?? inferred)
  }

  /// YaRN's frequencies: those that turn often stay, those that turn rarely are divided.
  ///
  /// - Parameters:
  ///   - original: the length of training
  ///   - fast: the turns over that length from which on a frequency stays
  ///   - slow: the turns up to which it is divided
  static func yarn(
    turned: Int, base: Double, factor: Double, original: Int, fast: Double = 32, slow: Double = 1,
    truncates: Bool = true
  ) -> [Double] {
    func dimension(_ turns: Double) -> Double {
      Double(turned) * log(Double(original) / (turns * 2 * .pi)) / (2 * log(base))
    }
    var (low, high) = (dimension(fast), dimension(slow))
    if truncates { (low, high) = (low.rounded(.down), high.rounded(.up)) }
    (low, high) = (max(low, 0), min(high, Double(turned - 1)))
    if low == high { high += 0.001 }
    return RotaryEmbedding.frequencies(turned: turned, base: base).enumerated().map {
      index, frequency in
      let ramp = min(1, max(0, (Double(index) - low) / (high - low)))
      return frequency / factor * ramp + frequency * (1 - ramp)
    }
  }

  /// LongRoPE (arXiv 2402.13753): stated divisors, others for longer sequences.
  private func longrope(_ section: ModelConfiguration) throws -> Frequencies {
    let original = try originalLength(section)
    let short: [Double] = try section.value("short_factor")
    let long: [Double] = try section.value("long_factor")
    for (field, factors) in [("short_factor", short), ("long_factor", long)] {
      guard factors.count == turned / 2, factors.allSatisfy({ $0.isFinite && $0 > 0 }) else {
        throw ModelError.invalidConfiguration(
          path: section.path, field: "rope_scaling.\(field)",
          expected: "\(turned / 2) positive numbers",
          found: "\(factors.count) from \(factors.min() ?? 0)")
      }
    }
    let factor: Double =
      try section.valueIfPresent("factor") ?? Double(maximumLength) / Double(original)
    let stated: Double? = try section.valueIfPresent("attention_factor")
    let inferred = factor <= 1 ? 1 : (1 + log(factor) / log(Double(original))).squareRoot()
    let plain = plain
    return Frequencies(
      plain: zip(plain, short).map { $0 / $1 }, magnitude: stated ?? inferred,
      longer: RotaryEmbedding.Longer(than: original) { _ in zip(plain, long).map { $0 / $1 } })
  }

  /// The length of training. A field outside the section counts first, as in the reference.
  private func originalLength(_ section: ModelConfiguration) throws -> Int {
    let field = "original_max_position_embeddings"
    let outer: Int? = try settings.valueIfPresent(field)
    let length = try outer ?? section.valueIfPresent(field) ?? maximumLength
    try ConfigurationCheck(path: section.path).size(length, field)
    return length
  }
}
