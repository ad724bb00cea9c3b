/// A GGUF file's vocabulary: the values of its keys `tokenizer.ggml.…`.
public struct VocabularyDescription: Sendable {
  /// `model`: "gpt2" for byte-level, "llama" and "gemma4" for SentencePiece-style byte-pair
  /// encoding, "t5" for Unigram, "bert" for WordPiece.
  public var model: String

  /// `pre`: the name of a byte-level vocabulary's way to cut text into words, e.g. "smollm".
  public var preTokenizer: String?

  /// `tokens`: the spelling of each token, in the order of their ids.
  public var tokens: [String]

  /// `scores`: for the "llama" and "t5" models, one for each token; the merge into the highest goes
  /// first.
  public var scores: [Float]?

  /// `token_type`: 1 normal, 2 unknown, 3 control, 4 user defined, 5 unused, 6 byte.
  public var tokenTypes: [Int32]?

  /// `merges`: for the "gpt2" and "gemma4" models, pairs of spellings with a space between, first
  /// come first.
  public var merges: [String]?

  /// `bos_token_id`; 4294967295 is none.
  public var beginningOfSequence: Int?

  /// `eos_token_id`; 4294967295 is none.
  public var endOfSequence: Int?

  /// `eot_token_id` and `eom_token_id`, which end a turn and a message: a continuation ends at
  /// them, too.
  public var otherEnds: [Int]

  /// `unknown_token_id`; 4294967295 is none.
  public var unknown: Int?

  /// `seperator_token_id` (so spelled), the end of a text for the "bert" model; 4294967295 is none.
  public var separator: Int?

  /// `mask_token_id`; 4294967295 is none.
  public var mask: Int?

  /// `add_bos_token`; without it "llama", "bert", "gemma4" and "llama-bpe" vocabularies add one,
  /// others don't.
  public var addsBeginningOfSequence: Bool?

  /// `add_eos_token`; without it "t5" and "bert" vocabularies add one, others don't.
  public var addsEndOfSequence: Bool?

  /// `add_space_prefix`; without it "llama" vocabularies put a space before the text.
  public var addsSpacePrefix: Bool?

  /// `remove_extra_whitespaces`, for the "t5" model; false without it.
  public var removesExtraSpaces: Bool?

  /// `precompiled_charsmap`, for the "t5" model.
  public var characterMap: [UInt8]?

  /// `normalizer.lowercase`, for the "bert" model; true without it.
  public var lowercases: Bool?

  /// `normalizer.strip_accents`, for the "bert" model; as ``lowercases`` without it.
  public var stripsAccents: Bool?

  /// The file's `tokenizer.chat_template`.
  public var chatTemplate: String?

  /// Makes a description; whatever a file leaves open stays nil.
  public init(
    model: String, preTokenizer: String? = nil, tokens: [String], scores: [Float]? = nil,
    tokenTypes: [Int32]? = nil, merges: [String]? = nil, beginningOfSequence: Int? = nil,
    endOfSequence: Int? = nil, otherEnds: [Int] = [], unknown: Int? = nil,
    addsBeginningOfSequence: Bool? = nil,
    addsEndOfSequence: Bool? = nil, addsSpacePrefix: Bool? = nil,
    chatTemplate: String? = nil, separator: Int? = nil, mask: Int? = nil,
    removesExtraSpaces: Bool? = nil, characterMap: [UInt8]? = nil, lowercases: Bool? = nil,
    stripsAccents: Bool? = nil
  ) {
    self.model = model
    self.preTokenizer = preTokenizer
    self.tokens = tokens
    self.scores = scores
    self.tokenTypes = tokenTypes
    self.merges = merges
    self.beginningOfSequence = beginningOfSequence
    self.endOfSequence = endOfSequence
    self.otherEnds = otherEnds
    self.unknown = unknown
    self.addsBeginningOfSequence = addsBeginningOfSequence
    self.addsEndOfSequence = addsEndOfSequence
    self.addsSpacePrefix = addsSpacePrefix
    self.chatTemplate = chatTemplate
    (self.separator, self.mask) = (separator, mask)
    (self.removesExtraSpaces, self.characterMap) = (removesExtraSpaces, characterMap)
    (self.lowercases, self.stripsAccents) = (lowercases, stripsAccents)
  }
}
