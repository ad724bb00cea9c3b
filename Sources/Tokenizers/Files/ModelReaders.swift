import InterchangeBasics

/// A kind of the section `model` of a `tokenizer.json`.
protocol ModelReader: Sendable {
  /// The `type` in the file.
  static var name: String { get }

  /// True for a section of an older file, without a type, that is of this kind.
  static func isMeant(by model: JSONValue) -> Bool

  /// The tokens of the section, each with its id and its place in the file.
  static func tokens(
    _ file: TokenizerFile, _ model: JSONValue
  ) throws(TokenizerError) -> [TokenizerFile.Token]

  /// The encoder that the section describes.
  static func encoder(
    _ file: TokenizerFile, _ model: JSONValue, _ vocabulary: Vocabulary,
    _ words: TokenizerFile.Words
  ) throws(TokenizerError) -> any WordEncoder
}

/// The kinds of models that are known.
enum ModelReaders {
  static let all: [any ModelReader.Type] = [
    MergesModel.self, UnigramModel.self, WordLevelModel.self, WordPieceModel.self,
  ]
}

extension ModelReader {
  static func isMeant(by model: JSONValue) -> Bool { false }

  /// The tokens of a `vocab` that is an object of ids.
  static func tokens(
    _ file: TokenizerFile, _ model: JSONValue
  ) throws(TokenizerError) -> [TokenizerFile.Token] {
    guard let members = model["vocab"]?.members else {
      throw file.fault("model.vocab", "an object", model["vocab"])
    }
    var tokens: [TokenizerFile.Token] = []
    tokens.reserveCapacity(members.count)
    for member in members {
      guard let id = member.value.integer, 0..<Vocabulary.maximumCount ~= id else {
        throw file.fault(
          "model.vocab[\(quoted(member.key, upTo: 40))]", "an id below \(Vocabulary.maximumCount)",
          member.value)
      }
      tokens.append(.init(text: member.key, id: id))
    }
    return tokens
  }

  /// The token that the section gives as the one for unknown text.
  static func unknown(
    _ file: TokenizerFile, _ model: JSONValue, _ vocabulary: Vocabulary
  ) throws(TokenizerError) -> Int32 {
    guard let unknown = model["unk_token"]?.string.flatMap(vocabulary.id(spelled:)) else {
      throw file.fault("model.unk_token", "a token of the vocabulary", model["unk_token"])
    }
    return unknown
  }

  /// A member that is a text, and empty where it is missing.
  static func text(
    _ file: TokenizerFile, _ model: JSONValue, _ key: String, default substitute: String = ""
  ) throws(TokenizerError) -> String {
    guard let value = model[key] else { return substitute }
    guard let text = value.string else { throw file.fault("model.\(key)", "a text", value) }
    return text
  }
}

/// `WordPiece`.
enum WordPieceModel: ModelReader {
  static let name = "WordPiece"

  static func isMeant(by model: JSONValue) -> Bool { model["max_input_chars_per_word"] != nil }

  static func encoder(
    _ file: TokenizerFile, _ model: JSONValue, _ vocabulary: Vocabulary,
    _ words: TokenizerFile.Words
  ) throws(TokenizerError) -> any WordEncoder {
    let unknown = try unknown(file, model, vocabulary)
    let limit = model["max_input_chars_per_word"]
    guard let maximum = limit == nil ? 100 : limit?.integer, maximum > 0 else {
      throw file.fault("model.max_input_chars_per_word", "a positive number", limit)
    }
    let mark = try text(file, model, "continuing_subword_prefix", default: "##")
    return WordPieceEncoder(
      vocabulary: vocabulary, unknown: unknown, mark: Array(mark.utf8), maximumScalars: maximum)
  }
}

/// `WordLevel`: whole words.
enum WordLevelModel: ModelReader {
  static let name = "WordLevel"

  static func encoder(
    _ file: TokenizerFile, _ model: JSONValue, _ vocabulary: Vocabulary,
    _ words: TokenizerFile.Words
  ) throws(TokenizerError) -> any WordEncoder {
    WordLevelEncoder(vocabulary: vocabulary, unknown: try unknown(file, model, vocabulary))
  }
}

/// `Unigram`: pieces with scores.
enum UnigramModel: ModelReader {
  static let name = "Unigram"

  static func isMeant(by model: JSONValue) -> Bool { model["vocab"]?.array != nil }

  private static func pieces(
    _ file: TokenizerFile, _ model: JSONValue
  ) throws(TokenizerError) -> [JSONValue] {
    guard let pieces = model["vocab"]?.array else {
      throw file.fault("model.vocab", "an array", model["vocab"])
    }
    guard pieces.count <= Vocabulary.maximumCount else {
      throw file.fault(
        "model.vocab", "at most \(Vocabulary.maximumCount) pieces", found: "\(pieces.count)")
    }
    return pieces
  }

  static func tokens(
    _ file: TokenizerFile, _ model: JSONValue
  ) throws(TokenizerError) -> [TokenizerFile.Token] {
    var tokens: [TokenizerFile.Token] = []
    for (id, piece) in try pieces(file, model).enumerated() {
      guard let pair = piece.array, pair.count == 2, let text = pair[0].string else {
        throw file.fault("model.vocab[\(id)]", "a piece and its score", piece)
      }
      tokens.append(.init(text: text, id: id))
    }
    return tokens
  }

  static func encoder(
    _ file: TokenizerFile, _ model: JSONValue, _ vocabulary: Vocabulary,
    _ words: TokenizerFile.Words
  ) throws(TokenizerError) -> any WordEncoder {
    var scores: [Double] = []
    for (id, piece) in try pieces(file, model).enumerated() {
      guard let score = piece.array?[1].double, score.isFinite else {
        throw file.fault("model.vocab[\(id)]", "a piece and its score", piece)
      }
      scores.append(score)
    }
    let unknown = model["unk_id"]
    guard unknown == nil || unknown?.integer.map(scores.indices.contains) == true else {
      throw file.fault("model.unk_id", "an id below \(scores.count)", unknown)
    }
    let fallsBack = try file.flag("byte_fallback", of: model, "model", default: false)
    return UnigramEncoder(
      scores: scores,
      pieces: scores.indices.filter { ![.control, .unknown].contains(vocabulary.kinds[$0]) },
      vocabulary: vocabulary, unknown: unknown?.integer.map { Int32($0) },
      byteTokens: fallsBack ? vocabulary.byteTokens : [])
  }
}

extension JSONValue {
  /// Any number; nil for anything else.
  fileprivate var double: Double? {
    switch self {
    case .integer(let number): Double(number)
    case .number(let number): number
    default: nil
    }
  }
}
