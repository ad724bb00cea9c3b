import Foundation
import InterchangeBasics

/// A file of tiktoken: a token in Base64 and its rank a line.
///
/// The file doesn't say how text is cut into words; its name does, as those of the known
/// vocabularies, which a file can be given.
enum TiktokenFormat: TokenizerFormat {
  static let files = "a .tiktoken file"

  static func isPresent(in folder: URL) -> Bool { url(in: folder) != nil }

  private static func url(in folder: URL) -> URL? {
    if let url = file(in: folder, among: ["tiktoken.model"]) { return url }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasSuffix(".tiktoken") }.sorted().first.map {
      folder.appending(component: $0)
    }
  }

  static func tokenizer(in folder: URL) throws(TokenizerError) -> Tokenizer {
    guard let url = url(in: folder) else {
      programmerError("no tiktoken file in \(folder.path)")
    }
    return try tokenizer(url, Tokenizer.bytes(of: url))
  }

  /// True when bytes begin as such a file does.
  static func isRanks(_ bytes: [UInt8]) -> Bool {
    let parts = bytes.prefix { $0 != UInt8(ascii: "\n") }.split(separator: UInt8(ascii: " "))
    return parts.count == 2 && Data(base64Encoded: Data(parts[0])) != nil
  }

  static func tokenizer(_ url: URL, _ bytes: [UInt8]) throws(TokenizerError) -> Tokenizer {
    let folder = url.deletingLastPathComponent()
    let settings = try TokenizerSettings(folder: folder)
    let name = url.lastPathComponent
    guard let kind = kinds.first(where: { $0.files.contains(name) }) else {
      throw TokenizerError(
        source: url.path, field: "",
        expected: "a name that tells how words are cut, \(listed(kinds.flatMap(\.files)))",
        found: quoted(name))
    }
    let pieces = try pieces(url.path, bytes)
    var special = kind.special.enumerated().map {
      AddedToken(id: pieces.count + $0.offset, content: $0.element, isSpecial: true)
    }
    if let settings {
      // A token that has no id of its own comes next, as in the reference.
      special = try settings.added(to: special) { _ in nil }
    }
    return try Tokenizer(
      parts(
        ranked: pieces, from: 0, special: special, pattern: kind.pattern(url.path),
        source: url.path),
      settings: settings, chatTemplate: Tokenizer.chatTemplate(in: folder))
  }

  /// A vocabulary whose files have some names.
  private struct Kind: Sendable {
    var files: [String]
    var pattern: @Sendable (String) throws(TokenizerError) -> any TextPattern
    /// The special tokens after the ranked ones.
    var special: [String] = []
  }

  private static let kinds: [Kind] = [
    // LLaMA 3's is what the reference takes for files of these names.
    Kind(
      files: ["tokenizer.model", "tiktoken.model"],
      pattern: { _ in SplitPattern.llama3(digits: 3) }),
    Kind(
      files: ["qwen.tiktoken"], pattern: { _ in SplitPattern.llama3(digits: 1) },
      special: ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
        + (0..<205).map { "<|extra_\($0)|>" }),
    Kind(
      files: ["gpt2.tiktoken", "r50k_base.tiktoken", "p50k_base.tiktoken"],
      pattern: { _ in SplitPattern.gpt2 }, special: ["<|endoftext|>"]),
    Kind(
      files: ["cl100k_base.tiktoken"],
      pattern: { source throws(TokenizerError) in
        try pattern(
          #"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+|"#
            + #" ?[^\s\p{L}\p{N}]++[\r\n]*+|"#
            + #"\s++$|\s*[\r\n]|\s+(?!\S)|\s"#, source, "pattern")
      }),
    Kind(
      files: ["o200k_base.tiktoken"],
      pattern: { source throws(TokenizerError) in
        try pattern(WordsKind.gpt4o, source, "pattern")
      }),
  ]

  /// The pattern with a source that a file or a kind gives.
  static func pattern(
    _ expression: String, _ source: String, _ field: String
  ) throws(TokenizerError) -> any TextPattern {
    guard let pattern = Patterns.regularExpression(expression) else {
      throw TokenizerError(
        source: source, field: field, expected: "a regular expression that ICU reads",
        found: quoted(expression, upTo: 40))
    }
    return pattern
  }

  /// The bytes of the tokens in the order of their ranks, which are their lines' numbers.
  private static func pieces(
    _ source: String, _ bytes: [UInt8]
  ) throws(TokenizerError) -> [[UInt8]] {
    var pieces: [[UInt8]] = []
    for (index, line) in bytes.split(separator: UInt8(ascii: "\n")).enumerated() {
      let parts = line.split(separator: UInt8(ascii: " "))
      func fault(_ expected: String) -> TokenizerError {
        TokenizerError(
          source: source, field: "line \(index + 1)", expected: expected,
          found: quoted(String(decoding: line, as: UTF8.self), upTo: 40))
      }
      guard parts.count == 2, let piece = Data(base64Encoded: Data(parts[0])), !piece.isEmpty else {
        throw fault("a token in Base64 and its rank")
      }
      let digits = String(decoding: parts[1], as: UTF8.self)
      guard Int(digits.trimmingCharacters(in: .whitespaces)) == pieces.count else {
        throw fault("the rank \(pieces.count), as ranks go up by 1")
      }
      pieces.append(Array(piece))
    }
    return pieces
  }

  /// The parts of a tokenizer whose pieces merge by rank.
  ///
  /// - Parameters:
  ///   - first: the id of the first piece
  ///   - special: the tokens besides the pieces, each with its id
  static func parts(
    ranked pieces: [[UInt8]], from first: Int, special: [AddedToken], pattern: any TextPattern,
    source: String
  ) throws(TokenizerError) -> TokenizerParts {
    func fault(_ field: String, _ expected: String, _ found: String) -> TokenizerError {
      TokenizerError(source: source, field: field, expected: expected, found: found)
    }
    var byID: [Int: AddedToken] = [:]
    for token in special { byID[token.id] = token }
    let count = max(first + pieces.count, (byID.keys.max() ?? -1) + 1)
    guard count <= Vocabulary.maximumCount, !pieces.isEmpty else {
      throw fault("", "from 1 to \(Vocabulary.maximumCount) tokens", "\(count)")
    }
    let unused = count - pieces.count - byID.count
    guard unused <= Vocabulary.maximumUnused else {
      throw fault(
        "", "at most \(Vocabulary.maximumUnused) ids without a token",
        "\(unused) below the highest, \(count - 1)")
    }
    var vocabulary = Vocabulary(spelling: .byteLevel, count: count)
    for id in 0..<count {
      let rank = id - first
      let token = byID[id]
      guard token == nil || !pieces.indices.contains(rank) else {
        throw fault(
          "token \(id)", "the piece of its rank alone",
          quoted(token?.content ?? "", upTo: 40) + " too")
      }
      let text =
        token?.content
        ?? (pieces.indices.contains(rank) ? ByteLevelAlphabet.encode(pieces[rank]) : "")
      let kind: Vocabulary.Kind =
        token.map { $0.isSpecial ? .control : .userDefined } ?? (text.isEmpty ? .unused : .normal)
      try vocabulary.append(text, kind: kind) { fault("token \(id)", $0, $1) }
    }
    return TokenizerParts(
      vocabulary: vocabulary, added: special,
      preTokenizer: PreTokenizer(steps: [Cut(pattern, .isolated)]),
      encoder: PieceEncoder(ranked: pieces, from: first, count: count))
  }
}
