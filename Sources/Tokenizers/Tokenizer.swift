/// Turns text into token ids and back, exactly as the reference implementation of the vocabulary.
///
/// These families are known: byte-level byte-pair encoding (GPT-2, RoBERTa, LLaMA 3, Qwen2,
/// SmolLM) and byte-pair encoding with marks of words' ends (CLIP), SentencePiece's byte-pair
/// encoding over Unicode scalars (LLaMA 1 and 2, Gemma) and Unigram (T5, XLM-RoBERTa), WordPiece
/// (BERT), tiktoken, and whole words. A vocabulary comes from a GGUF file's metadata,
/// ``init(vocabulary:)``, or from a model's folder, ``init(folder:)``: Hugging Face's
/// `tokenizer.json`, SentencePiece's `tokenizer.model`, tiktoken's or Mistral's file, or the files
/// that preceded these.
///
/// Byte-level tokenizers without a normalizer give back every text exactly, as long as the
/// vocabulary has all its bytes: `decode(encode(text, addingSpecialTokens: false)) == text`.
public struct Tokenizer: Sendable {
  /// The token that starts a sequence.
  public let beginningOfSequence: Int?

  /// The token that ends a sequence.
  public let endOfSequence: Int?

  /// The tokens that end a continuation: ``endOfSequence``, unless the model's files name others.
  public package(set) var endTokens: Set<Int>

  /// The token for what the vocabulary can't express.
  public let unknown: Int?

  /// The token that stands for one that is to be guessed.
  public let mask: Int?

  /// The checkpoint's `chat_template` as it is written, a Jinja program; ``chatTemplate()`` reads
  /// it.
  public let chatTemplateSource: String?

  let vocabulary: Vocabulary
  let pipeline: Pipeline
  let joining: PieceJoining

  /// The steps from text to ids, apart from the vocabulary.
  struct Pipeline: Sendable {
    /// Found in the text as it is.
    var addedTokens: AddedTokens
    var normalizers: [any Normalizer] = []
    /// Found in the normalized text.
    var normalizedAddedTokens = AddedTokens([])
    var preTokenizer = PreTokenizer()
    var encoder: any WordEncoder
    var templates = Templates()
  }

  /// The tokens around texts.
  struct Templates: Sendable {
    /// Ids put before and after a text when special tokens are added.
    var prefix: [Int] = []
    var suffix: [Int] = []
    /// The order in which two texts are put together.
    var pair: [PairPart] = [.text(0, type: 0), .text(1, type: 1)]
  }

  /// A part of two texts that are put together, with its token type.
  enum PairPart: Sendable {
    case special(Int, type: Int)
    /// The first text (0) or the second (1).
    case text(Int, type: Int)
  }

  /// The number of ids: every token's id is below.
  public var count: Int { vocabulary.count }

  /// True when `encode` puts ``beginningOfSequence`` first, if it adds special tokens.
  public var addsBeginningOfSequence: Bool {
    beginningOfSequence.map(pipeline.templates.prefix.contains) ?? false
  }

  /// True when `encode` puts ``endOfSequence`` last, if it adds special tokens.
  public var addsEndOfSequence: Bool {
    endOfSequence.map(pipeline.templates.suffix.contains) ?? false
  }

  /// The token ids of `text`.
  ///
  /// - Parameters:
  ///   - addingSpecialTokens: puts before and after the text the tokens that the model was trained
  ///     with, e.g. ``beginningOfSequence``.
  ///   - parsingSpecialTokens: takes special tokens that are spelled out in the text, e.g.
  ///     `<|im_start|>`, for these tokens, and not for text. Pass false for untrusted text.
  public func encode(
    _ text: String, addingSpecialTokens: Bool = true, parsingSpecialTokens: Bool = true
  ) -> [Int] {
    encode(
      [TextPart(text, parsesSpecialTokens: parsingSpecialTokens)],
      addingSpecialTokens: addingSpecialTokens)
  }

  /// The token ids of the text that `parts` make together.
  ///
  /// Words are cut over the parts' ends as if it were one text. Special tokens are found only where
  /// they lie in parts that parse them; and whatever those parts spell out as a token, special or
  /// not, is text in all other parts.
  public func encode(_ parts: [TextPart], addingSpecialTokens: Bool = false) -> [Int] {
    let templates = pipeline.templates
    let ids = tokens(of: parts).ids
    return addingSpecialTokens ? templates.prefix + ids + templates.suffix : ids
  }

  /// The tokens of the text that `parts` make together, with the bytes of it that each stands for.
  func tokens(of parts: [TextPart]) -> TokenList {
    var tokens = TokenList()
    var scratch = MergeScratch()
    let bytes = parts.flatMap { Array($0.text.utf8) }
    let trusted = TrustedRanges(parts)
    for fragment in fragments(of: bytes, trusted: trusted) {
      switch fragment {
      case .token(let id, let range):
        tokens.append(id, range)
      case .text(let range):
        let text =
          range == bytes.indices
          ? AlignedText(bytes) : AlignedText(Array(bytes[range]), from: range.lowerBound)
        encode(
          text, trusted: trusted.isAll ? .all : .none, into: &tokens, scratch: &scratch)
      }
    }
    return tokens
  }

  /// The token ids of two texts together, put as the model was trained with pairs, and each one's
  /// token type, which is that of its text.
  ///
  /// A vocabulary without a rule for pairs puts the texts one after another, with the types 0 and
  /// 1.
  ///
  /// - Parameter parsingSpecialTokens: as in
  ///   ``encode(_:addingSpecialTokens:parsingSpecialTokens:)``.
  public func encode(
    _ first: String, _ second: String, parsingSpecialTokens: Bool = true
  ) -> (ids: [Int], types: [Int]) {
    let texts = [first, second].map {
      encode($0, addingSpecialTokens: false, parsingSpecialTokens: parsingSpecialTokens)
    }
    var ids: [Int] = []
    var types: [Int] = []
    for part in pipeline.templates.pair {
      switch part {
      case .special(let id, let type):
        ids.append(id)
        types.append(type)
      case .text(let index, let type):
        ids += texts[index]
        types += texts[index].map { _ in type }
      }
    }
    return (ids, types)
  }

  /// The added tokens in a text and what is between them.
  private func fragments(
    of bytes: [UInt8], trusted: TrustedRanges
  ) -> [AddedTokens.Fragment] {
    let fragments = pipeline.addedTokens.split(bytes, trusted: trusted)
    guard !trusted.isUniform, !pipeline.normalizedAddedTokens.isEmpty else { return fragments }
    // Normalization moves the ends of the parts: of the tokens that are found after it, those in
    // trusted parts are searched for before.
    return fragments.flatMap { fragment -> [AddedTokens.Fragment] in
      guard case .text(let range) = fragment else { return [fragment] }
      return pipeline.normalizedAddedTokens.split(
        Array(bytes[range]), trusted: trusted.shifted(to: range)
      ).map { $0.moved(by: range.lowerBound) }
    }
  }

  /// Appends the tokens of a text between two added tokens.
  private func encode(
    _ text: AlignedText, trusted: TrustedRanges, into tokens: inout TokenList,
    scratch: inout MergeScratch
  ) {
    let normalized = pipeline.normalizers.apply(to: text)
    guard !pipeline.normalizedAddedTokens.isEmpty else {
      encodeWords(normalized, into: &tokens, scratch: &scratch)
      return
    }
    for fragment in pipeline.normalizedAddedTokens.split(normalized.bytes, trusted: trusted) {
      switch fragment {
      case .token(let id, let range):
        tokens.append(id, normalized.origin(of: range))
      case .text(let range):
        encodeWords(normalized[range], into: &tokens, scratch: &scratch)
      }
    }
  }

  private func encodeWords(
    _ text: AlignedText, into tokens: inout TokenList, scratch: inout MergeScratch
  ) {
    let words = pipeline.preTokenizer.words(of: text)
    let bytes = words.text.bytes
    let first = tokens.count
    for word in words.ranges {
      pipeline.encoder.encode(word, of: bytes, into: &tokens, scratch: &scratch)
    }
    tokens.align(from: first, to: words.text)
  }
}
