import InterchangeBasics

/// `BPE`: merges of neighbors in their order.
enum MergesModel: ModelReader {
  static let name = "BPE"

  static func isMeant(by model: JSONValue) -> Bool { model["merges"] != nil }

  static func encoder(
    _ file: TokenizerFile, _ model: JSONValue, _ vocabulary: Vocabulary,
    _ words: TokenizerFile.Words
  ) throws(TokenizerError) -> any WordEncoder {
    if let dropout = model["dropout"], dropout.integer != 0 {
      throw file.fault("model.dropout", "0 or nothing, as texts have one encoding", dropout)
    }
    let prefix = try text(file, model, "continuing_subword_prefix")
    let suffix = try text(file, model, "end_of_word_suffix")
    func alphabet(_ prefix: String, _ suffix: String) -> PieceEncoder.Alphabet {
      words.isByteLevel
        ? vocabulary.bytesOfAlphabet(prefix: prefix, suffix: suffix)
        : vocabulary.singleScalars(prefix: prefix, suffix: suffix)
    }
    var encoder = PieceEncoder(
      alphabet: alphabet("", ""), merges: try merges(file, model, vocabulary, prefix: prefix))
    if prefix + suffix != "" {
      encoder.affixes = .init(
        prefix: prefix, suffix: suffix, inside: alphabet(prefix, ""),
        last: alphabet(prefix, suffix), only: alphabet("", suffix))
    }
    encoder.tokenCount = Int32(vocabulary.count)
    if try file.flag("byte_fallback", of: model, "model", default: false), !words.isByteLevel {
      encoder.byteTokens = vocabulary.byteTokens
    }
    if model["unk_token"] != nil {
      encoder.unknown = try unknown(file, model, vocabulary)
      encoder.fusesUnknown = try file.flag("fuse_unk", of: model, "model", default: false)
    }
    if try file.flag("ignore_merges", of: model, "model", default: false) {
      encoder.wholeWords =
        words.isByteLevel ? vocabulary.wholeWords : vocabulary.wholeSpellings()
    }
    return encoder
  }

  /// The section `model.merges`: texts "left right", or pairs.
  private static func merges(
    _ file: TokenizerFile, _ model: JSONValue, _ vocabulary: Vocabulary, prefix: String
  ) throws(TokenizerError) -> MergeTable {
    guard let list = model["merges"]?.array else {
      throw file.fault("model.merges", "an array", model["merges"])
    }
    let mergeFault = { (index: Int, expected: String, found: String) in
      file.fault("model.merges[\(index)]", expected, found: found)
    }
    var texts: [String] = []
    var table = MergeTable(minimumCapacity: list.count)
    for (rank, entry) in list.enumerated() {
      if let text = entry.string {
        texts.append(text)
      } else if let pair = entry.array, pair.count == 2, let left = pair[0].string,
        let right = pair[1].string
      {
        try table.insert(
          left, right, rank: rank, of: vocabulary, prefix: prefix, fault: mergeFault)
      } else {
        throw mergeFault(rank, "a text or a pair of texts", entry.summary)
      }
    }
    guard !texts.isEmpty else { return table }
    guard texts.count == list.count else {
      throw file.fault("model.merges", "only texts or only pairs", found: "both")
    }
    return try MergeTable(texts, of: vocabulary, prefix: prefix, fault: mergeFault)
  }
}
