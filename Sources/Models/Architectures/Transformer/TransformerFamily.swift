import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeTensors
import InterchangeTokenizers

/// A family that answers to a model type and, where a configuration names a class, to that, too.
public protocol TypedFamily: ModelFamily {
  /// The `model_type`s in `config.json` that it answers to.
  static var modelTypes: [String] { get }
}

extension TypedFamily {
  /// No fields but those that are read.
  public static var fields: KnownFields { KnownFields() }

  /// Tells whether the type is one of the family's and the class, where there is one, too: others
  /// have used a class's name, and a class may have a head that isn't known here.
  public static func answers(to configuration: ModelConfiguration) throws -> Bool {
    let type: String? = try configuration.valueIfPresent("model_type")
    let classes: [String] = try configuration.valueIfPresent("architectures") ?? []
    if let type, !modelTypes.contains(type) { return false }
    return classes.isEmpty ? type != nil : classes.contains { names.contains($0) }
  }
}

/// A family whose networks are put together from the shared pieces: it says what its settings mean
/// and what its tensors are called, nothing else.
public protocol TransformerFamily: TypedFamily {
  /// The make of the network that settings ask for. Every setting that is read counts as
  /// understood; any other is refused, but for the ``ModelFamily/fields`` and
  /// ``ModelFamily/ggufKeys``.
  ///
  /// - Throws: `CheckpointError` or ``ModelError`` naming the file and the setting.
  static func design(_ settings: ModelSettings) throws -> TransformerDesign

  /// The names of its tensors.
  ///
  /// - Throws: as ``design(_:)``.
  static func tensorNames(_ settings: ModelSettings) throws -> TransformerNames
}

extension TransformerFamily {
  /// Names as in `LlamaForCausalLM`.
  public static func tensorNames(_ settings: ModelSettings) throws -> TransformerNames {
    TransformerNames()
  }

  /// True of the rotary frequencies, which older files keep.
  public static func mayLeave(_ tensor: String) -> Bool {
    tensor.hasSuffix("rotary_emb.inv_freq")
  }

  public static func read(_ folder: ModelFolder) throws -> any Architecture {
    var transformer = try Transformer(folder, Self.self)
    if transformer.design.head.place == .mask {
      transformer.maskToken = try folder.tokenizerIfPresent()?.mask
    }
    return transformer
  }

  public static func read(_ gguf: GGUFFile, weights: WeightForm) throws -> any Architecture {
    try Transformer(gguf, weights: weights, Self.self)
  }

  /// Refuses what ``design(_:)`` refuses and the fields that it doesn't read.
  public static func checkFields(of folder: ModelFolder) throws {
    _ = try understood(ModelSettings(.folder(folder.configuration)), besides: fields)
  }

  /// Refuses what ``design(_:)`` refuses and the keys that it doesn't read.
  public static func checkKeys(of file: GGUFFile, architecture: String) throws {
    _ = try understood(ModelSettings(.gguf(file, architecture: architecture)), besides: ggufKeys)
  }

  /// The design and the names that settings ask for, all of which are understood.
  fileprivate static func understood(
    _ settings: ModelSettings, besides known: KnownFields
  ) throws -> (TransformerDesign, TransformerNames) {
    let design = try design(settings)
    let names = try tensorNames(settings)
    try settings.requireUnderstood(besides: known)
    return (try design.validated(path: settings.path), names)
  }

  /// The keys that change nothing that is computed, or do so at their usual value.
  public static var ggufKeys: KnownFields {
    KnownFields(
      harmless: [
        "attention.layer_norm_epsilon", "rope.scaling.finetuned",
        "rope.scaling.original_context_length", "vocab_size",
      ],
      harmlessAt: [
        "attention.causal": [.bool(true)], "attention.sliding_window": [.integer(0)],
        "attention.scale": [.integer(0)], "embedding_scale": [.integer(1)],
        "expert_count": [.integer(0)], "expert_used_count": [.integer(0)],
        "logit_scale": [.integer(0), .integer(1)], "residual_scale": [.integer(0), .integer(1)],
        "rope.scaling.attn_factor": [.integer(1)],
        "tensor_data_layout": [.string("Meta AI original pth"), .string("jploski")],
        "use_parallel_residual": [.bool(true), .bool(false)],
      ])
  }
}

extension Transformer {
  /// Reads `config.json` and safetensors, or `pytorch_model.bin`, of any model that is a
  /// transformer.
  ///
  /// - Throws: `CheckpointError` or ``ModelError`` naming the file, the field or tensor.
  public init(folder url: URL, weights: WeightForm = .stored) throws {
    let folder = try ModelFolder(url, weights: weights)
    let architecture = try ModelFamilies.architecture(in: folder)
    guard let transformer = architecture as? Transformer else {
      throw ModelError.unreadable(
        path: url.path, reason: "a \(architecture.name) isn't made of a transformer's pieces")
    }
    self = transformer
  }

  fileprivate init(_ folder: ModelFolder, _ family: any TransformerFamily.Type) throws {
    let settings = ModelSettings(.folder(folder.configuration))
    let (design, names) = try family.understood(settings, besides: family.fields)
    var reader = try TransformerReader(design, names, .folder, folder.reader())
    // A masked-language model is also published without its head.
    if design.head.place == .mask, !reader.hasTransform {
      (reader.design.head.exists, reader.design.head.place) = (false, .first)
    }
    // The reference ties the two only when the file doesn't tell them apart.
    if design.head.labels == nil, reader.design.head.exists {
      reader.design.head.isTied = try folder.ties(
        names.head + ".weight", to: reader.tableName + ".weight",
        ifConfigured: design.head.isTied)
    }
    self = try reader.transformer()
  }

  fileprivate init(
    _ file: GGUFFile, weights: WeightForm, _ family: any TransformerFamily.Type
  ) throws {
    let settings = ModelSettings(
      .gguf(file, architecture: try file.value("general.architecture")))
    let (understood, names) = try family.understood(settings, besides: family.ggufKeys)
    var design = understood
    design.head.isTied = !file.contains("output.weight")
    self = try TransformerReader(
      design, names, .gguf, CheckpointReader(file, form: weights)
    ).transformer()
  }
}
