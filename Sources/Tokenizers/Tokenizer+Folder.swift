import Foundation
import InterchangeBasics

extension Tokenizer {
  /// Makes the tokenizer of a model's folder: of its `tokenizer.json`, or of the files that stand
  /// alone where there is none: `vocab.txt` (WordPiece), `vocab.json` and `merges.txt` (byte-pair
  /// encoding), `tokenizer.model` and its other names (SentencePiece), `tekken.json` (Mistral) or
  /// a `.tiktoken` file.
  ///
  /// Choices that those leave open are read from `tokenizer_config.json`, and the class of the
  /// tokenizer from there or from `config.json`; without them the choices are the reference's.
  ///
  /// - Throws: ``TokenizerError`` as ``init(tokenizerJSON:)``.
  public init(folder url: URL) throws(TokenizerError) {
    guard let format = TokenizerFormats.all.first(where: { $0.isPresent(in: url) }) else {
      throw TokenizerError(
        source: url.path, field: "", expected: listed(TokenizerFormats.all.map { $0.files }),
        found: "none of them")
    }
    self = try format.tokenizer(in: url)
  }

  /// True when a folder has the files of a tokenizer.
  public static func isPresent(in folder: URL) -> Bool {
    TokenizerFormats.all.contains { $0.isPresent(in: folder) }
  }

  /// The lines of a file, without their ends.
  static func lines(of url: URL) throws(TokenizerError) -> [String] {
    var lines = try bytes(of: url).split(
      separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    return lines.map { line in
      String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
    }
  }
}
