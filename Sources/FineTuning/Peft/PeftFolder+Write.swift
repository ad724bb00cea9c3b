import Foundation
import InterchangeCheckpoints
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

extension PeftFolder {
  /// What peft is told of an adapter, in snake case; nil fields are left out.
  private struct Configuration: Encodable {
    let peftType: String
    let taskType = "CAUSAL_LM"
    let baseModelNameOrPath: String
    let inferenceMode = true
    var r: Int?
    var loraAlpha: Double?
    var loraDropout: Double?
    var bias: String?
    var targetModules: [String]?
    var layersToTransform: [Int]?
    var layersPattern: String?
    var numVirtualTokens: Int?
    var numTransformerSubmodules: Int?
    var numLayers: Int?
    var tokenDim: Int?
    var numAttentionHeads: Int?
    var encoderHiddenSize: Int?
    var prefixProjection: Bool?
  }

  /// Writes a LoRA or soft tokens of a LLaMA-like model for peft.
  ///
  /// - Parameter folder: made when it doesn't exist
  /// - Throws: ``FineTuningError/invalidSetting(name:expected:found:)`` for an adapter that peft's format
  ///   can't hold, `CheckpointError` when it can't be written.
  public static func write(
    _ adapter: any Adapter, of base: LanguageModel, to folder: URL
  ) throws {
    guard base.model.architecture.name == "llama" else {
      throw unwritable("a LLaMA-like base model", base.model.architecture.name)
    }
    let (configuration, tensors) =
      if let soft = adapter as? SoftTokens {
        try softTokens(soft, base)
      } else if let updates = adapter as? InterventionAdapter {
        try lowRankUpdates(updates, base)
      } else { throw unwritable("lora or soft tokens", adapter.method) }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Safetensors.write(
      tensors, metadata: ["format": "pt"], to: folder.appending(component: weightsName))
    try encoder.encode(configuration).write(
      to: folder.appending(component: configurationName), options: .atomic)
  }

  private static func unwritable(_ expected: String, _ found: String) -> FineTuningError {
    .invalidSetting(name: "peft", expected: expected, found: found)
  }

  private typealias Contents = (Configuration, [(name: String, tensor: Tensor)])

  private static func softTokens(_ soft: SoftTokens, _ base: LanguageModel) throws -> Contents {
    guard let kind = Kind.allCases.first(where: { $0.softTokens == soft.form }) else {
      throw unwritable("a kind of soft tokens that peft has", soft.method)
    }
    guard soft.members == 1 else {
      throw unwritable("one set of soft tokens", "an ensemble of \(soft.members)")
    }
    let architecture = base.model.architecture
    let keys = architecture.dimensions(of: .keyOutput)
    var configuration = Configuration(
      peftType: kind.rawValue, baseModelNameOrPath: base.name)
    configuration.numVirtualTokens = soft.virtualTokens
    configuration.numTransformerSubmodules = 1
    configuration.numLayers = architecture.layers
    configuration.tokenDim = soft.form == .prefix ? keys?.width : architecture.width
    configuration.numAttentionHeads =
      soft.form == .prefix ? keys?.heads : architecture.dimensions(of: .queryOutput)?.heads
    if soft.form != .prompt { configuration.encoderHiddenSize = architecture.width }
    // The network that made them is gone; without it peft takes the vectors as they are.
    if soft.form == .prefix { configuration.prefixProjection = false }
    return (configuration, [("prompt_embeddings", soft.vectors)])
  }

  private static func lowRankUpdates(
    _ adapter: InterventionAdapter, _ base: LanguageModel
  ) throws -> Contents {
    var tensors: [(name: String, tensor: Tensor)] = []
    var modules: [Int: Set<String>] = [:]
    var shared: (rank: Int, scale: Float, dropout: Double)?
    for placed in adapter.interventions {
      guard let update = placed.intervention as? LowRankUpdate,
        let projection = placed.projection
      else { throw unwritable("lora of whole projections", placed.intervention.name) }
      let own = (rank: update.rank, scale: update.scale, dropout: placed.dropout)
      guard shared ?? own == own else {
        throw unwritable("one rank, scale and dropout for all", "rank \(own.rank) among others")
      }
      shared = own
      let module = projection.moduleNames[0]
      modules[placed.site.layer, default: []].insert(
        module.split(separator: ".").last.map(String.init) ?? module)
      let name = "base_model.model.model.layers.\(placed.site.layer).\(module)"
      tensors.append((name + ".lora_A.weight", update.down.value))
      tensors.append((name + ".lora_B.weight", update.up.value))
    }
    guard let shared, let first = modules.values.first,
      modules.values.allSatisfy({ $0 == first })
    else { throw unwritable("the same projections in every layer", "others") }
    var configuration = Configuration(
      peftType: Kind.lora.rawValue, baseModelNameOrPath: base.name)
    configuration.r = shared.rank
    configuration.loraAlpha = Double(shared.scale) * Double(shared.rank)
    configuration.loraDropout = shared.dropout
    configuration.bias = "none"
    configuration.targetModules = first.sorted()
    if modules.count < base.model.architecture.layers {
      configuration.layersToTransform = modules.keys.sorted()
      configuration.layersPattern = "layers"
    }
    return (configuration, tensors)
  }
}
