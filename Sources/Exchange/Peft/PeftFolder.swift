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

  /// The fields that every kind has.
  private static let fields = KnownFields(
    applied: ["base_model_name_or_path", "peft_type"],
    harmless: ["auto_mapping", "inference_mode", "peft_version", "revision", "task_type"],
    harmlessAt: ["modules_to_save": []])

  public static func isFolder(_ url: URL) -> Bool {
    FileManager.default.fileExists(
      atPath: url.appending(component: configurationName).path(percentEncoded: false))
  }

  public static func adapter(
    contentsOf url: URL, for base: LanguageModel
  ) throws -> any Adapter {
    try PeftFolder(contentsOf: url).adapter(for: base)
  }

  /// Reads the configuration, every field of which has to be understood, and checks the
  /// description of every tensor.
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
    if let fault = Self.fields.union(kind.fields).fault(in: configuration.fields) {
      throw FineTuningError.invalidAdapter(
        path: configuration.path, field: fault.field, expected: fault.expected, found: fault.found)
    }
    weights = try SafetensorsFile(contentsOf: url.appending(component: Self.weightsName))
  }

  /// An error that names the configuration's field.
  func invalid(_ field: String, _ expected: String, _ found: String) -> FineTuningError {
    .invalidAdapter(path: configuration.path, field: field, expected: expected, found: found)
  }

  /// A word on the base model, where the folder names another one than this; names say too little
  /// to refuse it.
  public static func remarks(contentsOf url: URL, for base: LanguageModel) throws -> [String] {
    let configuration = try ModelConfiguration(
      contentsOf: url.appending(component: configurationName))
    let field = "base_model_name_or_path"
    guard let name: String = try configuration.valueIfPresent(field), !name.isEmpty else {
      return []
    }
    func plain(_ path: String) -> String {
      (path.split(whereSeparator: { "/\\".contains($0) }).last ?? "").lowercased()
        .filter { $0.isLetter || $0.isNumber }
    }
    let (said, own) = (plain(name), plain(base.name))
    guard !said.isEmpty, !said.contains(own), !own.contains(said) else { return [] }
    return [
      "\(configuration.path): \(field): the adapter was trained on \(quoted(name)); this model is "
        + "\(quoted(base.name))"
    ]
  }

  /// The adapter, for a base model whose tensors fit; peft says no more than its name.
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
