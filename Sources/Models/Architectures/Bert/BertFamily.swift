import Foundation
import InterchangeCheckpoints
import InterchangeTensors
import InterchangeTokenizers

/// BERT and RoBERTa in folders, with any head.
public enum BertFamily: ModelFamily {
  public static let names = Bert.Family.allCases.map(\.rawValue)

  public static let fields = KnownFields(
    applied: [
      "hidden_act", "hidden_size", "id2label", "intermediate_size", "is_decoder",
      "layer_norm_eps", "max_position_embeddings", "num_attention_heads", "num_hidden_layers",
      "pad_token_id", "position_embedding_type", "tie_word_embeddings", "type_vocab_size",
      "vocab_size",
    ],
    harmless: [
      "attention_probs_dropout_prob", "classifier_dropout", "directionality",
      "hidden_dropout_prob", "pooler_fc_size", "pooler_num_attention_heads",
      "pooler_num_fc_layers", "pooler_size_per_head", "pooler_type",
    ])

  /// True of positions' numbers, which older files keep, of BERT's second head, which tells whether
  /// one text follows another, and of the bias that stands twice.
  public static func mayLeave(_ tensor: String) -> Bool {
    tensor.hasSuffix("embeddings.position_ids") || tensor.hasSuffix("embeddings.token_type_ids")
      || tensor.hasPrefix("cls.seq_relationship.")
      || ["cls.predictions.bias", "lm_head.bias"].contains(tensor)
  }

  /// Tells whether the model type is one of the names or, in files of older versions that don't
  /// have any, the class begins with one.
  public static func answers(to configuration: ModelConfiguration) throws -> Bool {
    try Bert.Family(configuration) != nil
  }

  /// Reads a folder; the mask that its outputs are read at is that of its tokenizer, if it has one.
  public static func read(_ folder: ModelFolder) throws -> any Architecture {
    var bert = try Bert(folder)
    bert.maskToken = try folder.tokenizerIfPresent()?.mask
    return bert
  }
}

extension Bert {
  /// Reads `config.json` and safetensors, or `pytorch_model.bin`, of a BERT or RoBERTa with any
  /// head.
  ///
  /// - Throws: `CheckpointError` or ``ModelError`` naming the file, the field or tensor.
  public init(folder url: URL, weights: WeightForm = .stored) throws {
    self = try BertFamily.reading(ModelFolder(url, weights: weights)) { try Bert($0) }
  }

  fileprivate init(_ folder: ModelFolder) throws {
    let file = folder.configuration
    guard let family = try Family(file) else {
      throw ModelError.unknownArchitecture(
        path: file.path, found: try folder.architectureName(), known: BertFamily.names)
    }
    let head = try Head.Kind(file, family)
    let checkpoint = try folder.checkpoint()
    try self.init(
      Configuration(file, family).validated(path: file.path), from: checkpoint, head: head,
      tiesHead: folder.ties(
        Bert.decoderName(family),
        to: checkpoint.names.first { $0.hasSuffix("word_embeddings.weight") } ?? "",
        ifConfigured: file.valueIfPresent("tie_word_embeddings") ?? true),
      weights: folder.weights)
  }
}

extension Bert.Head {
  /// A head that a checkpoint has, by the name of its class.
  enum Kind: String, CaseIterable {
    case none = "Model"
    case vocabulary = "ForMaskedLM"
    case pretraining = "ForPreTraining"
    case labels = "ForSequenceClassification"
    /// Files that name no class: whatever head the tensors are of.
    case unnamed = ""

    /// The head that a `config.json` names.
    ///
    /// - Throws: ``ModelError/invalidConfiguration(path:field:expected:found:)`` for the head of
    ///   another task, whose tensors may have the same names.
    fileprivate init(_ file: ModelConfiguration, _ family: Bert.Family) throws {
      let classes: [String] = try file.valueIfPresent("architectures") ?? []
      guard let name = classes.first else {
        self = .unnamed
        return
      }
      let named = Self.allCases.filter { $0 != .unnamed }
      guard let kind = named.first(where: { name.hasSuffix($0.rawValue) }) else {
        let prefix =
          switch family {
          case .bert: "Bert"
          case .roberta: "Roberta"
          case .xlmRoberta: "XLMRoberta"
          }
        throw ModelError.invalidConfiguration(
          path: file.path, field: "architectures",
          expected: named.map { prefix + $0.rawValue }.joined(separator: ", "), found: name)
      }
      self = kind
    }
  }
}

extension Bert.Family {
  /// The family that a `config.json` names; nil when it is another architecture.
  fileprivate init?(_ file: ModelConfiguration) throws {
    if let type: String = try file.valueIfPresent("model_type") {
      self.init(rawValue: type)
      return
    }
    // Files of older versions name the class only, such as `BertModel`.
    let classes: [String] = try file.valueIfPresent("architectures") ?? []
    let named = Self.allCases.first { classes.first?.hasPrefix($0.rawValue.capitalized) ?? false }
    guard let named else { return nil }
    self = named
  }
}

extension Bert.Configuration {
  fileprivate init(_ file: ModelConfiguration, _ family: Bert.Family) throws {
    func refuse<T: JSONReadable & Equatable>(_ field: String, unless expected: T) throws {
      guard let found: T = try file.valueIfPresent(field), found != expected else { return }
      throw ModelError.invalidConfiguration(
        path: file.path, field: field, expected: "\(expected)", found: "\(found)")
    }
    try refuse("position_embedding_type", unless: "absolute")
    try refuse("is_decoder", unless: false)
    try refuse("add_cross_attention", unless: false)
    self.family = family
    vocabulary = try file.value("vocab_size")
    width = try file.value("hidden_size")
    layers = try file.value("num_hidden_layers")
    heads = try file.value("num_attention_heads")
    hiddenWidth = try file.value("intermediate_size")
    normEpsilon = try file.valueIfPresent("layer_norm_eps") ?? 1e-12
    positions = try file.valueIfPresent("max_position_embeddings") ?? 512
    tokenTypes = try file.valueIfPresent("type_vocab_size") ?? 2
    let padding: Int? = try file.valueIfPresent("pad_token_id")
    firstPosition = family == .bert ? 0 : (padding ?? 1) &+ 1
    activation = try ModelSettings(.folder(file)).activation(otherwise: .gelu)
    let head = try LabelDesign(file)
    (labels, outputKind) = (head.names, head.kind)
  }

  /// Checks the numbers against one another.
  ///
  /// - Throws: ``ModelError/invalidConfiguration(path:field:expected:found:)``.
  func validated(path: String) throws -> Bert.Configuration {
    let require = ConfigurationCheck(path: path)
    for (field, value) in [
      ("vocab_size", vocabulary), ("hidden_size", width), ("num_hidden_layers", layers),
      ("num_attention_heads", heads), ("intermediate_size", hiddenWidth),
      ("max_position_embeddings", positions), ("type_vocab_size", tokenTypes),
    ] {
      try require.size(value, field)
    }
    try require(
      width % heads == 0, "num_attention_heads", "a divisor of hidden_size \(width)", heads)
    try require(
      normEpsilon > 0 && normEpsilon < 1, "layer_norm_eps", "0 to 1", normEpsilon)
    try require(
      (0..<positions).contains(firstPosition), "pad_token_id",
      "0 to \(positions - 2), below max_position_embeddings", firstPosition &- 1)
    return self
  }
}
