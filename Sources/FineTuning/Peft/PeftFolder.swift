import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// A folder that peft's `save_pretrained` wrote: `adapter_config.json` and `adapter_model.safetensors`,
/// of LoRA, prompt tuning, P-tuning or prefix tuning.
public struct PeftFolder {
  static let configurationName = "adapter_config.json"
  static let weightsName = "adapter_model.safetensors"

  /// The kinds of adapters that can be read, by peft's names.
  enum Kind: String, CaseIterable {
    case lora = "LORA"
    case promptTuning = "PROMPT_TUNING"
    case pTuning = "P_TUNING"
    case prefixTuning = "PREFIX_TUNING"

    /// The form of soft tokens that this kind is.
    var softTokens: SoftTokens.Form? {
      switch self {
      case .lora: nil
      case .promptTuning: .prompt
      case .pTuning: .encodedPrompt
      case .prefixTuning: .prefix
      }
    }
  }

  private let configuration: ModelConfiguration
  private let kind: Kind
  private let weights: SafetensorsFile

  /// Whether a folder looks like one of peft's.
  public static func isFolder(_ url: URL) -> Bool {
    FileManager.default.fileExists(
      atPath: url.appending(component: configurationName).path(percentEncoded: false))
  }

  /// Reads the configuration and checks the description of every tensor.
  ///
  /// - Throws: ``FineTuningError/invalidAdapter(path:field:expected:found:)`` for what has no meaning
  ///   here, `CheckpointError` for a file that is missing or damaged.
  public init(contentsOf url: URL) throws {
    configuration = try ModelConfiguration(
      contentsOf: url.appending(component: Self.configurationName))
    let name: String = try configuration.value("peft_type")
    guard let kind = Kind(rawValue: name) else {
      throw FineTuningError.invalidAdapter(
        path: configuration.path, field: "peft_type",
        expected: Kind.allCases.map(\.rawValue).joined(separator: ", "), found: name)
    }
    self.kind = kind
    weights = try SafetensorsFile(contentsOf: url.appending(component: Self.weightsName))
  }

  private func invalid(_ field: String, _ expected: String, _ found: String) -> FineTuningError {
    .invalidAdapter(path: configuration.path, field: field, expected: expected, found: found)
  }

  /// The adapter, for a base model; peft doesn't say which one it was trained on.
  ///
  /// - Throws: ``FineTuningError/invalidAdapter(path:field:expected:found:)`` naming what doesn't fit the
  ///   model, `ModelError` for a layer that it lacks.
  public func adapter(for base: LanguageModel) throws -> any Adapter {
    let tensors = AdapterTensors(weights)
    let adapter =
      if let form = kind.softTokens {
        try softTokens(form, tensors, base) as any Adapter
      } else { try lowRankUpdates(tensors, base) as any Adapter }
    try tensors.requireAllRead()
    try adapter.validate(for: base.model)
    return adapter
  }

  private func softTokens(
    _ form: SoftTokens.Form, _ tensors: AdapterTensors, _ base: LanguageModel
  ) throws -> SoftTokens {
    let count: Int = try configuration.value("num_virtual_tokens")
    guard (1...base.model.architecture.maximumLength).contains(count) else {
      throw invalid(
        "num_virtual_tokens", "1 to \(base.model.architecture.maximumLength)", "\(count)")
    }
    if let copies: Int = try configuration.valueIfPresent("num_transformer_submodules"), copies != 1
    {
      throw invalid("num_transformer_submodules", "1", "\(copies)")
    }
    let width = try SoftTokens.vectorWidth(form, base.model)
    return try SoftTokens(
      form, vectors: tensors.tensor("prompt_embeddings", [count, width]), for: base.model)
  }

  private func lowRankUpdates(
    _ tensors: AdapterTensors, _ base: LanguageModel
  ) throws -> InterventionAdapter {
    try refuseVariants()
    let rank: Int = try configuration.value("r")
    let alpha: Double = try configuration.value("lora_alpha")
    let isStabilized: Bool = try configuration.valueIfPresent("use_rslora") ?? false
    let dropout: Double = try configuration.valueIfPresent("lora_dropout") ?? 0
    guard rank >= 1, alpha.isFinite, (0..<1).contains(dropout) else {
      throw invalid("r, lora_alpha, lora_dropout", "numbers", "\(rank), \(alpha), \(dropout)")
    }
    let scale = alpha / (isStabilized ? Double(rank).squareRoot() : Double(rank))
    let places = try Set(weights.names.map { try place($0, tensors) }).sorted()
    return InterventionAdapter(
      try places.map { place in
        let site = Site(place.projection.component, layer: place.layer, .every)
        let inputWidth = try base.model.width(
          of: Site(place.projection.input, layer: place.layer))
        let update = LowRankUpdate(
          down: try tensors.tensor(place.module + ".lora_A.weight", [rank, inputWidth]),
          up: try tensors.tensor(
            place.module + ".lora_B.weight", [try base.model.width(of: site), rank]),
          scale: Float(scale))
        return PlacedIntervention(
          update, at: site, reading: place.projection.input, dropout: dropout)
      })
  }

  /// Variants of LoRA that compute something else.
  private func refuseVariants() throws {
    for flag in ["use_dora", "fan_in_fan_out", "lora_bias", "use_qalora"] {
      if try configuration.valueIfPresent(flag) ?? false {
        throw invalid(flag, "false", "true")
      }
    }
    if let bias: String = try configuration.valueIfPresent("bias"), bias != "none" {
      throw invalid("bias", "none", bias)
    }
    for table in ["rank_pattern", "alpha_pattern"] {
      if let section = try configuration.sectionIfPresent(table), !section.fields.isEmpty {
        throw invalid(table, "none", "\(section.fields.count) entries")
      }
    }
  }

  /// Where a tensor of a LoRA belongs.
  private struct Place: Hashable, Comparable {
    let module: String
    let layer: Int
    let projection: Projection

    static func < (a: Place, b: Place) -> Bool {
      let order = Projection.allCases
      return (a.layer, order.firstIndex(of: a.projection)!)
        < (b.layer, order.firstIndex(of: b.projection)!)
    }
  }

  private func place(_ name: String, _ tensors: AdapterTensors) throws -> Place {
    guard
      let match = name.wholeMatch(
        of: /(base_model\.model\.(?:.*\.)?layers?\.(\d+)\.(.+))\.lora_[AB]\.weight/),
      let layer = Int(match.2),
      let projection = Projection.allCases.first(where: {
        $0.moduleNames.contains(String(match.3))
      })
    else { throw tensors.invalid("tensor \(name)", "a projection's lora_A or lora_B", "another") }
    return Place(module: String(match.1), layer: layer, projection: projection)
  }
}

extension Projection {
  /// The module's names inside a layer, in LLaMA-like and in BERT-like models of transformers.
  var moduleNames: [String] {
    switch self {
    case .query: ["self_attn.q_proj", "attention.self.query"]
    case .key: ["self_attn.k_proj", "attention.self.key"]
    case .value: ["self_attn.v_proj", "attention.self.value"]
    case .output: ["self_attn.o_proj", "attention.output.dense"]
    case .gate: ["mlp.gate_proj"]
    case .up: ["mlp.up_proj", "intermediate.dense"]
    case .down: ["mlp.down_proj", "output.dense"]
    }
  }
}
