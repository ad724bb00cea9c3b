import InterchangeBasics
import InterchangeCheckpoints

/// The two stacks that the settings of an encoder-decoder ask for.
public struct StackDesigns: Sendable {
  /// The stack that reads the source.
  public var encoder: TransformerDesign
  /// The stack that reads the target.
  public var decoder: TransformerDesign
  /// The token with which every target begins.
  public var startToken: Int

  /// Two stacks.
  public init(encoder: TransformerDesign, decoder: TransformerDesign, startToken: Int) {
    (self.encoder, self.decoder, self.startToken) = (encoder, decoder, startToken)
  }
}

/// A family of encoder-decoders whose stacks are put together from a transformer's pieces.
public protocol EncoderDecoderFamily: TypedFamily {
  /// The make of the stacks that settings ask for. Every setting that is read counts as understood.
  ///
  /// - Throws: `CheckpointError` or ``ModelError`` naming the file and the setting.
  static func designs(_ settings: ModelSettings) throws -> StackDesigns

  /// The names of the two stacks' tensors.
  static var tensorNames: (encoder: TransformerNames, decoder: TransformerNames) { get }
}

extension EncoderDecoderFamily {
  /// Refuses what ``designs(_:)`` refuses and the fields that it doesn't read.
  public static func checkFields(of folder: ModelFolder) throws {
    _ = try understood(ModelSettings(.folder(folder.configuration)), besides: fields)
  }

  /// Refuses what ``designs(_:)`` refuses and the keys that it doesn't read.
  public static func checkKeys(of file: GGUFFile, architecture: String) throws {
    _ = try understood(ModelSettings(.gguf(file, architecture: architecture)), besides: ggufKeys)
  }

  private static func understood(
    _ settings: ModelSettings, besides known: KnownFields
  ) throws -> StackDesigns {
    var designs = try designs(settings)
    try settings.require("is_encoder_decoder", true)
    try settings.requireUnderstood(besides: known)
    designs.encoder = try designs.encoder.validated(path: settings.path)
    designs.decoder = try designs.decoder.validated(path: settings.path)
    guard (0..<designs.decoder.vocabulary).contains(designs.startToken) else {
      throw settings.invalid(
        "decoder_start_token_id", gguf: "decoder_start_token_id",
        expected: "a token below \(designs.decoder.vocabulary)", found: "\(designs.startToken)")
    }
    return designs
  }

  public static func read(_ folder: ModelFolder) throws -> any Architecture {
    var designs = try understood(
      ModelSettings(.folder(folder.configuration)), besides: fields)
    let names = tensorNames
    let reader = try folder.reader()
    let encoder = TransformerReader(designs.encoder, names.encoder, .folder, reader)
    let table = encoder.tableName + ".weight"
    designs.decoder.head.isTied = try folder.ties(
      names.decoder.head + ".weight", to: table, ifConfigured: designs.decoder.head.isTied)
    // Older files keep the table once more for each stack: copies are read, others left over.
    for stack in [names.encoder, names.decoder] {
      for prefix in stack.prefixes {
        try folder.readCopy(prefix + "embed_tokens.weight", of: table)
      }
    }
    return EncoderDecoder(
      try encoder.transformer(),
      try TransformerReader(designs.decoder, names.decoder, .folder, reader).transformer(),
      startToken: designs.startToken)
  }

  public static func read(_ gguf: GGUFFile, weights: WeightForm) throws -> any Architecture {
    var designs = try understood(
      ModelSettings(.gguf(gguf, architecture: try gguf.value("general.architecture"))),
      besides: ggufKeys)
    designs.decoder.head.isTied = !gguf.contains("output.weight")
    let names = tensorNames
    let reader = CheckpointReader(gguf, form: weights)
    return EncoderDecoder(
      try TransformerReader(designs.encoder, names.encoder, .gguf, reader).transformer(),
      try TransformerReader(designs.decoder, names.decoder, .gguf, reader).transformer(),
      startToken: designs.startToken)
  }
}

extension ModelFolder {
  /// Reads a tensor that is the same as another, where there is one.
  fileprivate func readCopy(_ name: String, of table: String) throws {
    let checkpoint = try checkpoint()
    guard name != table, checkpoint.contains(name) else { return }
    let (first, second) = (try checkpoint.peek(name), try checkpoint.peek(table))
    guard first.shape == second.shape, first.hasSameElements(as: second) else { return }
    _ = try checkpoint.tensor(named: name)
  }
}
