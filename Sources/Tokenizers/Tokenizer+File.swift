import Foundation
import InterchangeBasics

extension Tokenizer {
  /// Makes the tokenizer that a Hugging Face `tokenizer.json` describes.
  ///
  /// The tokens that begin and end a sequence, and the choice of adding them, are read from
  /// `tokenizer_config.json` in the same folder, when there is one; the chat template from
  /// `chat_template.jinja` or from there.
  ///
  /// - Throws: ``TokenizerError`` when a file can't be read, contradicts itself, or asks for a
  ///   normalizer, pre-tokenizer, model or post-processor other than those of byte-level and
  ///   SentencePiece-style byte-pair encodings and of WordPiece.
  public init(tokenizerJSON url: URL) throws(TokenizerError) {
    let folder = url.deletingLastPathComponent()
    let templateURL = folder.appendingPathComponent("chat_template.jinja")
    let hasTemplate = FileManager.default.fileExists(atPath: templateURL.path)
    try self.init(
      TokenizerFile(name: url.path, bytes: Self.bytes(of: url)),
      settings: TokenizerSettings(folder: folder),
      chatTemplate: hasTemplate
        ? String(decoding: Self.bytes(of: templateURL), as: UTF8.self) : nil)
  }

  static func bytes(of url: URL) throws(TokenizerError) -> [UInt8] {
    do {
      let bytes = Array(try Data(contentsOf: url))
      guard !GitLFS.isPointer(bytes) else {
        throw TokenizerError(
          source: url.path, field: "", expected: "its content; `git lfs pull` fetches it",
          found: "a Git LFS pointer")
      }
      return bytes
    } catch let error as TokenizerError {
      throw error
    } catch {
      let exists = FileManager.default.fileExists(atPath: url.path)
      throw TokenizerError(
        source: url.path, field: "", expected: "a readable file",
        found: exists ? "one that can't be read" : "nothing")
    }
  }

  init(
    _ file: TokenizerFile, settings: TokenizerSettings?, chatTemplate: String? = nil
  ) throws(TokenizerError) {
    let configuration = settings?.document
    var words = try file.words()
    var normalizers = try file.normalizers()
    let model = try file.model()
    var added = try file.addedTokens()
    if let settings {
      words = try settings.words(words)
      normalizers = try settings.normalizers(normalizers)
      added = try settings.added(to: added, vocabulary: model["vocab"])
    }
    let isWordPiece = file.isWordPiece(model)
    let vocabulary = try file.vocabulary(
      of: model, adding: added,
      spelled: isWordPiece ? .wordPiece : words.isByteLevel ? .byteLevel : .sentencePiece)
    let encoder: WordEncoder =
      isWordPiece
      ? .wordPiece(try file.wordPieceEncoder(of: model, vocabulary))
      : .merges(try file.encoder(of: model, vocabulary, isByteLevel: words.isByteLevel))

    var pipeline = Pipeline(
      addedTokens: AddedTokens(added.filter { !$0.isNormalized }), encoder: encoder)
    pipeline.preTokenizer = words.preTokenizer
    pipeline.normalizers = normalizers
    pipeline.normalizedAddedTokens = AddedTokens(
      added.filter(\.isNormalized).map { Self.normalizing($0, by: pipeline.normalizers) })
    if let prefix = words.metaspace {
      pipeline.spacePrefix = prefix
      pipeline.escapesSpaces = true
    } else if !words.isByteLevel, case .prepend("\u{2581}") = pipeline.normalizers.first {
      // The prefix that a normalizer adds is one that decoding has to take away.
      pipeline.normalizers.removeFirst()
      pipeline.spacePrefix = .always
      pipeline.escapesSpaces = true
    }
    try file.readTemplates(of: vocabulary, into: &pipeline)

    // Encoders may name only what marks a classified text, and what separates texts.
    let beginning = try configuration?.token(inRoles: ["bos_token", "cls_token"], of: vocabulary)
    let end = try configuration?.token(inRoles: ["eos_token", "sep_token"], of: vocabulary)
    if let adds = try configuration?.choice("add_bos_token"), let beginning {
      pipeline.prefix.removeAll { $0 == beginning }
      if adds { pipeline.prefix.insert(beginning, at: 0) }
    }
    if let adds = try configuration?.choice("add_eos_token"), let end {
      pipeline.suffix.removeAll { $0 == end }
      if adds { pipeline.suffix.append(end) }
    }
    let configured = try configuration?.chatTemplate()
    chatTemplateSource = chatTemplate ?? configured
    let masks = ["[MASK]", "<mask>"].lazy.compactMap(vocabulary.id(spelled:)).map(Int.init)
    let namedMask = try configuration?.token(inRoles: ["mask_token"], of: vocabulary)
    mask = namedMask ?? masks.first { vocabulary.kinds[$0] == .control }
    self.vocabulary = vocabulary
    self.pipeline = pipeline
    beginningOfSequence = beginning
    endOfSequence = end
    endTokens = Set([end].compactMap(\.self))
    unknown =
      try configuration?.token(inRoles: ["unk_token"], of: vocabulary)
      ?? encoder.unknown.map(Int.init)
  }

  private static func normalizing(_ token: AddedToken, by normalizers: [Normalizer]) -> AddedToken {
    var token = token
    let bytes = normalizers.reduce(Array(token.content.utf8)) { $1.apply(to: $0) }
    token.content = String(decoding: bytes, as: UTF8.self)
    return token
  }
}

extension TokenizerFile {
  /// The chat template of `tokenizer_config.json`: a text, or of several named ones the "default".
  fileprivate func chatTemplate() throws(TokenizerError) -> String? {
    guard let value = root["chat_template"] else { return nil }
    if let text = value.string { return text }
    guard let list = value.array else {
      throw fault("chat_template", "a text, or an array of named texts", value)
    }
    return list.first { $0["name"]?.string == "default" }?["template"]?.string
  }

  /// A flag of `tokenizer_config.json`; nil when it is left open.
  fileprivate func choice(_ key: String) throws(TokenizerError) -> Bool? {
    guard let value = root[key] else { return nil }
    guard let choice = value.bool else { throw fault(key, "true or false", value) }
    return choice
  }
}
