/// Turns text into token ids and back, exactly as the reference implementation of the vocabulary.
///
/// Three families are known: byte-level byte-pair encoding (GPT-2, RoBERTa, LLaMA 3, Qwen2,
/// SmolLM), SentencePiece-style byte-pair encoding over Unicode scalars (LLaMA 1 and 2) and
/// WordPiece (BERT). A vocabulary comes from a GGUF file's metadata, ``init(vocabulary:)``, or from
/// a model's folder, ``init(folder:)``: Hugging Face's `tokenizer.json`, or the files that preceded
/// it.
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

  /// The steps from text to ids, apart from the vocabulary.
  struct Pipeline: Sendable {
    /// Found in the text as it is.
    var addedTokens: AddedTokens
    var normalizers: [Normalizer] = []
    /// Found in the normalized text.
    var normalizedAddedTokens = AddedTokens([])
    var spacePrefix = SpacePrefix.none
    var escapesSpaces = false
    var preTokenizer = PreTokenizer(steps: [])
    var encoder: WordEncoder
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

  /// The way from a word to tokens.
  enum WordEncoder: Sendable {
    case merges(PieceEncoder)
    case wordPiece(WordPieceEncoder)

    var unknown: Int32? {
      switch self {
      case .merges(let encoder): encoder.unknown
      case .wordPiece(let encoder): encoder.unknown
      }
    }
  }

  /// The fragments of a text that get a space before them (SentencePiece's dummy prefix).
  enum SpacePrefix: Sendable {
    case none
    /// All.
    case always
    /// All that don't start with a space.
    case unlessSpaced
    /// The one at the start of the text, if it doesn't start with a space.
    case firstUnlessSpaced
  }

  /// The number of ids: every token's id is below.
  public var count: Int { vocabulary.count }

  /// True when `encode` puts ``beginningOfSequence`` first, if it adds special tokens.
  public var addsBeginningOfSequence: Bool {
    beginningOfSequence.map(pipeline.prefix.contains) ?? false
  }

  /// True when `encode` puts ``endOfSequence`` last, if it adds special tokens.
  public var addsEndOfSequence: Bool {
    endOfSequence.map(pipeline.suffix.contains) ?? false
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
    var ids = addingSpecialTokens ? pipeline.prefix : []
    var scratch = MergeScratch()
    let bytes = parts.flatMap { Array($0.text.utf8) }
    let trusted = TrustedRanges(parts)
    var isFirst = true
    for fragment in fragments(of: bytes, trusted: trusted) {
      switch fragment {
      case .token(let id):
        ids.append(id)
      case .text(let range):
        encode(
          range == bytes.indices ? bytes : Array(bytes[range]), isFirst: isFirst,
          trusted: trusted.isAll ? .all : .none, into: &ids, scratch: &scratch)
      }
      isFirst = false
    }
    if addingSpecialTokens { ids += pipeline.suffix }
    return ids
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
    for part in pipeline.pair {
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
  func fragments(of bytes: [UInt8], trusted: TrustedRanges) -> [AddedTokens.Fragment] {
    let fragments = pipeline.addedTokens.split(bytes, trusted: trusted)
    guard !trusted.isUniform, !pipeline.normalizedAddedTokens.isEmpty else { return fragments }
    // Normalization moves the ends of the parts: of the tokens that are found after it, those in
    // trusted parts are searched for before.
    return fragments.flatMap { fragment -> [AddedTokens.Fragment] in
      guard case .text(let range) = fragment else { return [fragment] }
      return pipeline.normalizedAddedTokens.split(
        Array(bytes[range]), trusted: trusted.shifted(to: range)
      ).map {
        guard case .text(let inner) = $0 else { return $0 }
        return .text(inner.lowerBound + range.lowerBound..<inner.upperBound + range.lowerBound)
      }
    }
  }

  /// Appends the ids of a text between two added tokens.
  private func encode(
    _ text: [UInt8], isFirst: Bool, trusted: TrustedRanges, into ids: inout [Int],
    scratch: inout MergeScratch
  ) {
    let normalized = pipeline.normalizers.reduce(text) { $1.apply(to: $0) }
    guard !pipeline.normalizedAddedTokens.isEmpty else {
      encodeWords(normalized, isFirst: isFirst, into: &ids, scratch: &scratch)
      return
    }
    let fragments = pipeline.normalizedAddedTokens.split(normalized, trusted: trusted)
    for (index, fragment) in fragments.enumerated() {
      switch fragment {
      case .token(let id):
        ids.append(id)
      case .text(let range):
        encodeWords(
          Array(normalized[range]), isFirst: isFirst && index == 0, into: &ids, scratch: &scratch)
      }
    }
  }

  private func encodeWords(
    _ text: [UInt8], isFirst: Bool, into ids: inout [Int], scratch: inout MergeScratch
  ) {
    var text = pipeline.spacePrefix.apply(to: text, isFirst: isFirst)
    if pipeline.escapesSpaces {
      text = Normalizer.replace(" ", with: "\u{2581}").apply(to: text)
    }
    pipeline.preTokenizer.forEachWord(of: text) { text, word in
      switch pipeline.encoder {
      case .merges(let encoder): encoder.encode(word, of: text, into: &ids, scratch: &scratch)
      case .wordPiece(let encoder): encoder.encode(word, of: text) { id, _ in ids.append(id) }
      }
    }
  }
}

extension Tokenizer.SpacePrefix {
  /// The fragment with its space.
  func apply(to text: [UInt8], isFirst: Bool) -> [UInt8] {
    let space = UInt8(ascii: " ")
    // A text may begin with the mark that stands for a space.
    let isSpaced = text.first == space || text.starts(with: "\u{2581}".utf8)
    let needsSpace =
      switch self {
      case .none: false
      case .always: true
      case .unlessSpaced: !isSpaced
      case .firstUnlessSpaced: isFirst && !isSpaced
      }
    return needsSpace ? [space] + text : text
  }
}
