/// Turns one word into the likeliest sequence of pieces: the one whose scores, the logarithms of
/// the pieces' probabilities, have the highest sum (Kudo 2018, arXiv 1804.10959).
///
/// A scalar that is no piece is the unknown token, with a score of 10 less than the lowest; unknown
/// neighbors are one token, or the bytes of their text where the vocabulary has tokens for these.
struct UnigramEncoder: WordEncoder {
  let unknown: Int32?
  private let scores: [Double]
  private let trie: PieceTrie
  private let unknownScore: Double
  /// The tokens `<0x00>`…`<0xFF>` that replace unknown text; empty without them.
  private let byteTokens: [Int32?]
  /// True when sums are rounded as SentencePiece's are.
  private let isSinglePrecision: Bool

  private static let unknownPenalty = 10.0

  /// - Parameters:
  ///   - scores: one for each token
  ///   - pieces: the tokens that text can become
  ///   - lowest: the lowest score, of all tokens unless it is given
  init(
    scores: [Double], pieces: some Sequence<Int>, vocabulary: Vocabulary, unknown: Int32?,
    byteTokens: [Int32?] = [], lowest: Double? = nil, isSinglePrecision: Bool = false
  ) {
    self.isSinglePrecision = isSinglePrecision
    self.scores = scores
    self.unknown = unknown
    self.byteTokens = byteTokens
    unknownScore = (lowest ?? scores.min() ?? 0) - Self.unknownPenalty
    trie = PieceTrie(pieces.map { (Array(vocabulary.spelling(of: $0).utf8), Int32($0)) })
  }

  /// The best way to a place in the word: its last piece, the place where that starts, its score.
  private struct Step {
    var score = -Double.infinity
    var start: Int32 = -1
    var id: Int32 = -1
  }

  func encode(
    _ word: Range<Int>, of text: [UInt8], into tokens: inout TokenList,
    scratch: inout MergeScratch
  ) {
    var steps = [Step](repeating: Step(), count: word.count + 1)
    steps[0] = Step(score: 0)
    var start = word.lowerBound
    while start < word.upperBound {
      let width = text[start] < 0x80 ? 1 : text[start] < 0xE0 ? 2 : text[start] < 0xF0 ? 3 : 4
      let place = start - word.lowerBound
      let score = steps[place].score
      var hasSingle = false
      func consider(_ id: Int32, _ added: Double, to end: Int) {
        let total = isSinglePrecision ? Double(Float(score) + Float(added)) : score + added
        // The first way to a place counts, whatever its score.
        if steps[end].start < 0 || total > steps[end].score {
          steps[end] = Step(score: total, start: Int32(place), id: id)
        }
      }
      trie.forEachMatch(from: start, to: word.upperBound, in: text) { id, end in
        consider(id, scores[Int(id)], to: end - word.lowerBound)
        if end == start + width { hasSingle = true }
      }
      if !hasSingle { consider(-1, unknownScore, to: place + width) }
      start += width
    }
    append(steps, word, of: text, to: &tokens)
  }

  /// Appends the tokens of the best way to the end.
  private func append(
    _ steps: [Step], _ word: Range<Int>, of text: [UInt8], to tokens: inout TokenList
  ) {
    var path: [(id: Int32, part: Range<Int>)] = []
    var end = word.count
    while end > 0 {
      let step = steps[end]
      let part = Int(step.start) + word.lowerBound..<end + word.lowerBound
      let isUnknown = step.id < 0 || step.id == unknown
      if isUnknown, let last = path.last, last.id < 0 {
        path[path.count - 1].part = part.lowerBound..<last.part.upperBound
      } else {
        path.append((isUnknown ? -1 : step.id, part))
      }
      end = Int(step.start)
    }
    for (id, part) in path.reversed() {
      if id >= 0 {
        tokens.append(id, part)
      } else {
        appendUnknown(part, of: text, to: &tokens)
      }
    }
  }

  private func appendUnknown(
    _ part: Range<Int>, of text: [UInt8], to tokens: inout TokenList
  ) {
    let bytes = byteTokens.isEmpty ? [] : text[part].compactMap { byteTokens[Int($0)] }
    if bytes.count == part.count {
      for (index, id) in zip(part, bytes) { tokens.append(id, index..<index + 1) }
    } else if let unknown {
      tokens.append(unknown, part)
    }
  }
}
