import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeFineTuning
import InterchangeInterventions
import InterchangeModels

extension PeftFolder: ExportForm {
  public static let name = "peft"
  public static let holds = "lora, prompt-tuning, p-tuning and prefix-tuning of a decoder"

  public static func isMade(for adapter: any Adapter) -> Bool {
    let methods = LowRankUpdate.methods + SoftTokens.Form.allCases.map(\.rawValue)
    return methods.contains(adapter.method)
  }

  /// The fields of every kind, and those of one.
  private struct Configuration: Encodable {
    let peftType: String
    let taskType: String
    let baseModelNameOrPath: String
    let inferenceMode = true
    let own: any Encodable

    private enum CodingKeys: CodingKey {
      case peftType, taskType, baseModelNameOrPath, inferenceMode
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(peftType, forKey: .peftType)
      try container.encode(taskType, forKey: .taskType)
      try container.encode(baseModelNameOrPath, forKey: .baseModelNameOrPath)
      try container.encode(inferenceMode, forKey: .inferenceMode)
      try own.encode(to: encoder)
    }
  }

  /// Writes a LoRA or soft tokens of a causal model for peft.
  ///
  /// - Parameter folder: made when it doesn't exist
  /// - Throws: `FineTuningError/invalidSetting(name:expected:found:)` for an adapter that peft's
  ///   format can't hold, `CheckpointError` when it can't be written.
  @discardableResult
  public static func write(
    _ adapter: any Adapter, of base: LanguageModel, to folder: URL
  ) throws -> [String] {
    let architecture = base.architecture
    guard architecture.isCausal, architecture.tensorName(of: .query, layer: 0) != nil else {
      throw PeftLoRA.unwritable("a causal model as transformers has it", architecture.name)
    }
    for kind in kinds {
      guard let contents = try kind.contents(adapter, of: base) else { continue }
      let configuration = Configuration(
        peftType: kind.name,
        taskType: architecture.stacks == nil ? "CAUSAL_LM" : "SEQ_2_SEQ_LM",
        baseModelNameOrPath: base.name, own: contents.fields)
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Safetensors.write(
        contents.tensors, metadata: ["format": "pt"], to: folder.appending(component: weightsName))
      try writeAtomically(
        JSONEncoder.configuration.encode(configuration),
        to: folder.appending(component: configurationName))
      return []
    }
    throw PeftLoRA.unwritable("lora or soft tokens", adapter.method)
  }
}
