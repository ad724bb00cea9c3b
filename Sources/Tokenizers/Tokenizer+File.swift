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
  ///   normalizer, pre-tokenizer, model, decoder or post-processor that isn't known.
  public init(tokenizerJSON url: URL) throws(TokenizerError) {
    let folder = url.deletingLastPathComponent()
    try self.init(
      TokenizerFile(name: url.path, bytes: Self.bytes(of: url)),
      settings: TokenizerSettings(folder: folder), chatTemplate: Self.chatTemplate(in: folder))
  }

  /// The content of `chat_template.jinja`, when there is one.
  static func chatTemplate(in folder: URL) throws(TokenizerError) -> String? {
    let url = folder.appendingPathComponent("chat_template.jinja")
    guard FileManager.default.fileExists(atPath: url.path) else { return nil }
    return String(decoding: try bytes(of: url), as: UTF8.self)
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
    var words = try file.words()
    var normalizers = try file.normalizers()
    let model = try file.model()
    var added = try file.addedTokens()
    if let settings {
      words = try settings.words(words)
      normalizers = try settings.normalizers(normalizers)
      let ids = try file.ids(of: model)
      added = try settings.added(to: added) { ids[ByteString($0)].map(Int.init) }
    }
    let decoding = try file.decoding(model, words, normalizers)
    let vocabulary = try file.vocabulary(of: model, adding: added, spelled: decoding.spelling)
    var parts = TokenizerParts(
      vocabulary: vocabulary, added: added, normalizers: normalizers,
      preTokenizer: words.preTokenizer,
      encoder: try model.kind.encoder(file, model.value, vocabulary, words),
      joining: decoding.joining)
    parts.templates = try file.templates(of: vocabulary)
    try self.init(parts, settings: settings, chatTemplate: chatTemplate)
  }
}
