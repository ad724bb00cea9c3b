import Foundation
import InterchangeCheckpoints
import InterchangeTokenizers

extension LanguageModel {
  /// Reads a GGUF file with its vocabulary.
  convenience init(gguf file: GGUFFile, at place: ModelPlace, weights: WeightForm) throws {
    try self.init(
      ModelFamilies.architecture(in: file, weights: weights),
      tokenizer: Tokenizer(vocabulary: file.vocabulary()),
      source: ModelSource(place, opened: weights == .stored ? file : nil))
  }
}

extension GGUFFile {
  /// The vocabulary that the file carries.
  fileprivate func vocabulary() throws -> VocabularyDescription {
    func key(_ name: String) -> String { "tokenizer.ggml." + name }
    let types: [Int]? = try valueIfPresent(key("token_type"))
    let map: [Int]? = try valueIfPresent(key("precompiled_charsmap"))
    return VocabularyDescription(
      model: try value(key("model")), preTokenizer: try valueIfPresent(key("pre")),
      tokens: try value(key("tokens")), scores: try valueIfPresent(key("scores")),
      tokenTypes: types?.map { Int32(clamping: $0) },
      merges: try valueIfPresent(key("merges")),
      beginningOfSequence: try valueIfPresent(key("bos_token_id")),
      endOfSequence: try valueIfPresent(key("eos_token_id")),
      otherEnds: try ["eot_token_id", "eom_token_id"].compactMap { try valueIfPresent(key($0)) },
      unknown: try valueIfPresent(key("unknown_token_id")),
      addsBeginningOfSequence: try valueIfPresent(key("add_bos_token")),
      addsEndOfSequence: try valueIfPresent(key("add_eos_token")),
      addsSpacePrefix: try valueIfPresent(key("add_space_prefix")),
      chatTemplate: try valueIfPresent("tokenizer.chat_template"),
      separator: try valueIfPresent(key("seperator_token_id")),
      mask: try valueIfPresent(key("mask_token_id")),
      removesExtraSpaces: try valueIfPresent(key("remove_extra_whitespaces")),
      characterMap: map?.map { UInt8(truncatingIfNeeded: $0) },
      lowercases: try valueIfPresent(key("normalizer.lowercase")),
      stripsAccents: try valueIfPresent(key("normalizer.strip_accents")))
  }
}
