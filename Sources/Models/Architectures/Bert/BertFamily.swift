import Foundation
import InterchangeBasics
import InterchangeCheckpoints
import InterchangeTensors

extension Bert {
  /// Reads `config.json` and safetensors, or `pytorch_model.bin`, of a BERT or RoBERTa with any head.
  ///
  /// - Throws: `CheckpointError` or ``ModelError`` naming the file, the field or tensor.
  public init(folder url: URL, weights: WeightForm = .stored) throws {
    let file = try ModelConfiguration(contentsOf: url)
    guard let family = try Family(file) else {
      throw ModelError.unknownArchitecture(
        path: file.path, found: try file.architectureName(), known: Family.allCases.map(\.rawValue))
    }
    try self.init(
      Configuration(file, family).validated(path: file.path),
      from: InterchangeCheckpoints.checkpoint(inFolder: url),
      tiesHead: file.valueIfPresent("tie_word_embeddings") ?? true, weights: weights)
  }
}

extension Bert.Family {
  /// The family that a `config.json` names; nil when it is another architecture.
  init?(_ file: ModelConfiguration) throws {
    if let type: String = try file.valueIfPresent("model_type") {
      self.init(rawValue: type)
      return
    }
    // Files of older versions name the class only.
    let classes: [String] = try file.valueIfPresent("architectures") ?? []
    guard let name = classes.first else { return nil }
    if name.hasPrefix("Bert") {
      self = .bert
    } else if name.hasPrefix("Roberta") {
      self = .roberta
    } else {
      return nil
    }
  }
}

extension ModelConfiguration {
  /// What the file calls its architecture, for messages.
  func architectureName() throws -> String {
    let classes: [String]? = try valueIfPresent("architectures")
    return try classes?.first ?? valueIfPresent("model_type") ?? "none"
  }
}

extension Bert.Configuration {
  init(_ file: ModelConfiguration, _ family: Bert.Family) throws {
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
    activation = try Self.activation(file)
    labels = try Self.labels(file)
  }

  private static func activation(_ file: ModelConfiguration) throws -> Activation {
    let name: String = try file.valueIfPresent("hidden_act") ?? "gelu"
    let known: KeyValuePairs<String, Activation> = [
      "gelu": .gelu, "gelu_new": .geluTanh, "gelu_pytorch_tanh": .geluTanh, "relu": .relu,
      "silu": .silu,
    ]
    guard let activation = known.first(where: { $0.key == name })?.value else {
      throw ModelError.invalidConfiguration(
        path: file.path, field: "hidden_act",
        expected: "one of \(known.map(\.key).joined(separator: ", "))", found: name)
    }
    return activation
  }

  /// `id2label`, whose keys are the numbers from 0.
  private static func labels(_ file: ModelConfiguration) throws -> [String]? {
    guard let section = try file.sectionIfPresent("id2label") else { return nil }
    return try (0..<section.fields.count).map { try section.value("\($0)") }
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
