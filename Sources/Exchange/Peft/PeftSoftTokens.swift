import InterchangeCheckpoints
import InterchangeFineTuning
import InterchangeModels

/// Prompt tuning (arXiv 2104.08691).
enum PeftPromptTuning: PeftSoftTokens {
  static let name = "PROMPT_TUNING"
  static let form = SoftTokens.Form.prompt
  static let fields = softTokenFields.union(
    KnownFields(
      harmless: [
        "prompt_tuning_init", "prompt_tuning_init_state_dict_path", "prompt_tuning_init_text",
        "tokenizer_kwargs", "tokenizer_name_or_path",
      ]))

  static func complete(_ fields: inout PeftSoftTokenFields, of base: LanguageModel) {}
}

/// P-tuning (arXiv 2103.10385), whose vectors are kept instead of the network that made them.
enum PeftPTuning: PeftSoftTokens {
  static let name = "P_TUNING"
  static let form = SoftTokens.Form.encodedPrompt
  static let fields = softTokenFields.union(
    KnownFields(
      // Of the network that made the vectors, which are kept.
      harmless: [
        "encoder_dropout", "encoder_hidden_size", "encoder_num_layers",
        "encoder_reparameterization_type",
      ]))

  static func complete(_ fields: inout PeftSoftTokenFields, of base: LanguageModel) {
    fields.encoderHiddenSize = base.architecture.width
  }
}

/// Prefix tuning (arXiv 2101.00190): vectors of the keys' and values' width.
enum PeftPrefixTuning: PeftSoftTokens {
  static let name = "PREFIX_TUNING"
  static let form = SoftTokens.Form.prefix
  static let fields = softTokenFields.union(
    KnownFields(harmless: ["encoder_hidden_size", "init_weights", "prefix_projection"]))

  static func complete(_ fields: inout PeftSoftTokenFields, of base: LanguageModel) {
    let keys = base.architecture.dimensions(of: .keyOutput)
    (fields.tokenDim, fields.numAttentionHeads) = (keys?.width, keys?.heads)
    fields.encoderHiddenSize = base.architecture.width
    // The network that made them is gone; without it peft takes the vectors as they are.
    fields.prefixProjection = false
  }
}

/// The fields of soft tokens; nil ones are left out.
struct PeftSoftTokenFields: Encodable {
  let numVirtualTokens: Int
  let numTransformerSubmodules = 1
  let numLayers: Int
  var tokenDim: Int?
  var numAttentionHeads: Int?
  var encoderHiddenSize: Int?
  var prefixProjection: Bool?
}

/// A kind of trained vectors before the input or before keys and values.
protocol PeftSoftTokens: PeftKind {
  /// The form that it has here.
  static var form: SoftTokens.Form { get }

  /// Fills in what is this kind's own.
  static func complete(_ fields: inout PeftSoftTokenFields, of base: LanguageModel)
}

extension PeftSoftTokens {
  /// The fields of all of them.
  static var softTokenFields: KnownFields {
    KnownFields(
      applied: ["num_layers", "num_transformer_submodules", "num_virtual_tokens", "token_dim"],
      harmless: ["num_attention_heads"])
  }

  static func adapter(
    _ folder: PeftFolder, _ tensors: AdapterTensors, for base: LanguageModel
  ) throws -> any Adapter {
    let count: Int = try folder.configuration.value("num_virtual_tokens")
    guard (1...base.architecture.maximumLength).contains(count) else {
      throw folder.invalid(
        "num_virtual_tokens", "1 to \(base.architecture.maximumLength)", "\(count)")
    }
    if let copies: Int = try folder.configuration.valueIfPresent("num_transformer_submodules"),
      copies != 1
    {
      throw folder.invalid("num_transformer_submodules", "1", "\(copies)")
    }
    try requireSameMeaning(base)
    let width = try SoftTokens.vectorWidth(form, base.network)
    let layers = base.architecture.stacks?.encoder.layers ?? base.architecture.layers
    // A layer's keys are as wide as its values.
    let tokenWidth = form == .prefix ? width / (2 * layers) : width
    for (field, own) in [("num_layers", layers), ("token_dim", tokenWidth)] {
      guard let said: Int = try folder.configuration.valueIfPresent(field), said != own else {
        continue
      }
      throw folder.invalid(field, "\(own), as the model has", "\(said)")
    }
    return try SoftTokens(
      form, vectors: tensors.tensor("prompt_embeddings", [count, width]), for: base.network)
  }

  /// Refuses prefixes of encoder-decoders: peft puts one before the decoder's keys and those of its
  /// cross-attention, the same for both, and none into the encoder.
  private static func requireSameMeaning(_ base: LanguageModel) throws {
    guard form != .prefix || base.architecture.stacks == nil else {
      throw unwritable("a prefix of a decoder alone", "one of \(base.architecture.name)")
    }
  }

  static func contents(_ adapter: any Adapter, of base: LanguageModel) throws -> PeftContents? {
    guard let soft = adapter as? SoftTokens, soft.form == form else { return nil }
    guard soft.members == 1 else {
      throw unwritable("one set of soft tokens", "an ensemble of \(soft.members)")
    }
    try requireSameMeaning(base)
    let architecture = base.architecture
    var fields = PeftSoftTokenFields(
      numVirtualTokens: soft.virtualTokens,
      numLayers: architecture.stacks?.encoder.layers ?? architecture.layers,
      tokenDim: architecture.width,
      numAttentionHeads: architecture.dimensions(of: .queryOutput)?.heads)
    complete(&fields, of: base)
    return PeftContents(fields: fields, tensors: [("prompt_embeddings", soft.vectors)])
  }
}
