import InterchangeBasics

/// A `tokenizer.model`: SentencePiece's `ModelProto`.
///
/// - 1, repeated: a piece: 1 its text, 2 its score (float), 3 its type
/// - 2: how it was trained: 3 the model (1 Unigram, 2 byte-pair encoding), 24 marks after words,
///   35 tokens for bytes, 40…42 the ids of unknown, beginning and end, 45…47 their texts
/// - 3: the normalization: 2 the character map, 3 a space before the text, 4 extra spaces go,
///   5 spaces are marked
struct SentencePieceModel {
  let name: String
  var pieces: [(text: String, score: Float, kind: Vocabulary.Kind)] = []
  var isUnigram = true
  var hasByteTokens = false
  var unknown = 0
  var beginning = 1
  var end = 2
  var unknownText = "<unk>"
  var beginningText = "<s>"
  var endText = "</s>"
  var characterMap: CharacterMap?
  var addsPrefix = true
  var removesExtraSpaces = true
  var escapesSpaces = true

  /// True when bytes can be the beginning of a model: a first field that is a piece.
  static func isModel(_ bytes: [UInt8]) -> Bool {
    guard bytes.first == 0x0A else { return false }
    var reader = ProtobufReader(bytes[...])
    guard case (1, .bytes(let piece))? = reader.next() else { return false }
    var inner = ProtobufReader(piece)
    return inner.next()?.field == 1
  }

  init(name: String, bytes: [UInt8]) throws(TokenizerError) {
    self.name = name
    try forEachField(of: bytes[...], "the model") { field, value throws(TokenizerError) in
      switch field {
      case 1: try readPiece(value)
      case 2: try readTraining(value)
      case 3: try readNormalization(value)
      default: break
      }
    }
    guard !pieces.isEmpty else { throw fault("pieces", "at least one piece", "none") }
    guard pieces.count <= Vocabulary.maximumCount else {
      throw fault("pieces", "at most \(Vocabulary.maximumCount) pieces", "\(pieces.count)")
    }
    guard pieces.indices.contains(unknown) else {
      throw fault("trainer_spec.unk_id", "an id below the \(pieces.count) pieces", "\(unknown)")
    }
  }

  func fault(_ field: String, _ expected: String, _ found: String) -> TokenizerError {
    TokenizerError(source: name, field: field, expected: expected, found: found)
  }

  private func forEachField(
    of bytes: ArraySlice<UInt8>, _ place: String,
    _ body: (Int, ProtobufReader.Value) throws(TokenizerError) -> Void
  ) throws(TokenizerError) {
    var reader = ProtobufReader(bytes)
    while !reader.isAtEnd {
      let position = reader.position
      guard let (field, value) = reader.next() else {
        throw fault("", "a SentencePiece model", "no field of \(place) at byte \(position)")
      }
      try body(field, value)
    }
  }

  private mutating func readPiece(_ value: ProtobufReader.Value) throws(TokenizerError) {
    let place = "pieces[\(pieces.count)]"
    guard let bytes = value.data else { throw fault(place, "a piece", "a number") }
    var (text, score, type): (String?, Float?, Int?) = ("", 0, 1)
    try forEachField(of: bytes, place) { field, value in
      switch field {
      case 1: text = value.text
      case 2: score = value.float
      case 3: type = value.integer
      default: break
      }
    }
    guard let text else { throw fault(place, "text in UTF-8", "other bytes") }
    guard let score, score.isFinite else {
      throw fault(place, "a score that is a number", score.map { "\($0)" } ?? "other bytes")
    }
    guard let kind = type.flatMap({ Vocabulary.Kind(rawValue: Int32($0)) }) else {
      throw fault(place, "a type from 1 to 6", type.map { "\($0)" } ?? "other bytes")
    }
    pieces.append((text, score, kind))
  }

  private mutating func readTraining(_ value: ProtobufReader.Value) throws(TokenizerError) {
    guard let bytes = value.data else { throw fault("trainer_spec", "a message", "a number") }
    try forEachField(of: bytes, "trainer_spec") { field, value throws(TokenizerError) in
      switch field {
      case 3:
        guard let type = value.integer, type == 1 || type == 2 else {
          throw fault(
            "trainer_spec.model_type", "1 (Unigram) or 2 (byte-pair encoding)",
            value.integer.map { "\($0)" } ?? "other bytes")
        }
        isUnigram = type == 1
      case 24:
        guard value.flag == false else {
          throw fault("trainer_spec.treat_whitespace_as_suffix", "false", "true")
        }
      case 35: hasByteTokens = value.flag ?? false
      case 40: unknown = value.integer ?? unknown
      case 41: beginning = value.integer ?? beginning
      case 42: end = value.integer ?? end
      case 45: unknownText = value.text ?? unknownText
      case 46: beginningText = value.text ?? beginningText
      case 47: endText = value.text ?? endText
      default: break
      }
    }
  }

  private mutating func readNormalization(_ value: ProtobufReader.Value) throws(TokenizerError) {
    guard let bytes = value.data else { throw fault("normalizer_spec", "a message", "a number") }
    try forEachField(of: bytes, "normalizer_spec") { field, value throws(TokenizerError) in
      switch field {
      case 2:
        guard let map = value.data, !map.isEmpty else { break }
        characterMap = try CharacterMap(Array(map)) {
          fault("normalizer_spec.precompiled_charsmap", $0, $1)
        }
      case 3: addsPrefix = value.flag ?? true
      case 4: removesExtraSpaces = value.flag ?? true
      case 5: escapesSpaces = value.flag ?? true
      default: break
      }
    }
  }
}
