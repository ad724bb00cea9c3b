import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeFineTuning
import InterchangeModels

/// A folder that peft's `save_pretrained` wrote: `adapter_config.json` and
/// `adapter_model.safetensors`, of LoRA, prompt tuning, P-tuning or prefix tuning.
public struct PeftFolder: ForeignAdapter {
  static let configurationName = "adapter_config.json"
  static let weightsName = "adapter_model.safetensors"

  /// The kinds of adapters that are read and written.
  static var kinds: [any PeftKind.Type] {
    [PeftLoRA.self, PeftPromptTuning.self, PeftPTuning.self, PeftPrefixTuning.self]
  }

  let configuration: ModelConfiguration
  let weights: SafetensorsFile
  private let kind: any PeftKind.Type

  public static func isFolder(_ url: URL) -> Bool {
    FileManager.default.fileExists(
      atPath: url.appending(component: configurationName).path(percentEncoded: false))
  }

  public static func adapter(
    contentsOf url: URL, for base: LanguageModel
  ) throws -> any Adapter {
    try PeftFolder(contentsOf: url).adapter(for: base)
  }

  /// Reads the configuration and checks the description of every tensor.
  ///
  /// - Throws: `FineTuningError/invalidAdapter(path:field:expected:found:)` for what has no meaning
  ///   here, `CheckpointError` for a file that is missing or damaged.
  public init(contentsOf url: URL) throws {
    configuration = try ModelConfiguration(
      contentsOf: url.appending(component: Self.configurationName))
    let name: String = try configuration.value("peft_type")
    guard let kind = Self.kinds.first(where: { $0.name == name }) else {
      throw FineTuningError.invalidAdapter(
        path: configuration.path, field: "peft_type",
        expected: Self.kinds.map { $0.name }.joined(separator: ", "), found: name)
    }
    self.kind = kind
    weights = try SafetensorsFile(contentsOf: url.appending(component: Self.weightsName))
  }

  /// An error that names the configuration's field.
  func invalid(_ field: String, _ expected: String, _ found: String) -> FineTuningError {
    .invalidAdapter(path: configuration.path, field: field, expected: expected, found: found)
  }

  /// The adapter, for a base model; peft doesn't say which one it was trained on.
  ///
  /// - Throws: `FineTuningError/invalidAdapter(path:field:expected:found:)` naming what doesn't fit
  ///   the model, `ModelError` for a layer that it lacks.
  public func adapter(for base: LanguageModel) throws -> any Adapter {
    let tensors = AdapterTensors(weights)
    let adapter = try kind.adapter(self, tensors, for: base)
    try tensors.requireAllRead()
    try adapter.validate(for: base.network)
    return adapter
  }
}
