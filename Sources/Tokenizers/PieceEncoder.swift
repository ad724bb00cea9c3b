/// Byte-pair encoding of one word: its first symbols, the merges, and a stand-in for what can't be
/// merged.
struct PieceEncoder: WordEncoder {
  /// The symbols of a word before anything is merged.
  enum Alphabet: Sendable {
    /// Bytes: the token of each, or nil where the vocabulary has none.
    case bytes([Int32?])
    /// Unicode scalars: the symbol of each that some token contains.
    case scalars([UInt32: Int32])
  }

  /// The symbols inside a word and at its end, where they are spelled otherwise than at its
  /// beginning.
  struct Affixes: Sendable {
    /// The mark before what is inside a word.
    var prefix: String
    /// The mark after a word.
    var suffix: String
    var inside: Alphabet
    var last: Alphabet
    /// The end of a word of one symbol.
    var only: Alphabet
  }

  var alphabet: Alphabet
  var affixes: Affixes?
  var merges: MergeTable

  /// The tokens `<0x00>`…`<0xFF>` that replace a scalar outside the alphabet.
  var byteTokens: [Int32?] = []

  /// The token for a symbol that has neither token nor bytes; without it, such a symbol is dropped.
  var unknown: Int32?

  /// True when neighboring unknown symbols become one token.
  var fusesUnknown = false

  /// Symbols past the last token: scalars that occur in longer tokens only.
  var unnamedScalars: [Unicode.Scalar] = []
  var tokenCount: Int32 = 0

  /// Words that are tokens as they are, whatever the merges.
  var wholeWords: [ByteString: Int32] = [:]

  /// Texts that are tokens wherever they stand.
  var wholePieces: PieceTrie?

  func encode(
    _ word: Range<Int>, of text: [UInt8], into tokens: inout TokenList,
    scratch: inout MergeScratch
  ) {
    guard let wholePieces else {
      encodeWord(word, of: text, into: &tokens, scratch: &scratch)
      return
    }
    var (start, index) = (word.lowerBound, word.lowerBound)
    while index < word.upperBound {
      var found: (id: Int32, end: Int)?
      wholePieces.forEachMatch(from: index, to: word.upperBound, in: text) { found = ($0, $1) }
      guard let found else {
        index += 1
        continue
      }
      if start < index {
        encodeWord(start..<index, of: text, into: &tokens, scratch: &scratch)
      }
      tokens.append(found.id, index..<found.end)
      (start, index) = (found.end, found.end)
    }
    if start < index { encodeWord(start..<index, of: text, into: &tokens, scratch: &scratch) }
  }

  private func encodeWord(
    _ word: Range<Int>, of text: [UInt8], into tokens: inout TokenList,
    scratch: inout MergeScratch
  ) {
    if !wholeWords.isEmpty, let id = wholeWords[ByteString(text[word])] {
      tokens.append(id, word)
      return
    }
    scratch.symbols.removeAll(keepingCapacity: true)
    if let affixes {
      appendSymbols(of: word, of: text, affixes, to: &scratch.symbols)
    } else {
      appendSymbols(of: word, of: text, alphabet, to: &scratch.symbols)
    }
    merges.apply(to: &scratch)
    for symbol in scratch.symbols { append(symbol, to: &tokens) }
  }

  /// Appends the first symbols of a word, or of a part of one.
  private func appendSymbols(
    of part: Range<Int>, of text: [UInt8], _ alphabet: Alphabet,
    to symbols: inout [MergeScratch.Symbol]
  ) {
    switch alphabet {
    case .bytes(let tokens):
      for index in part { append(tokens[Int(text[index])], index..<index + 1, to: &symbols) }
    case .scalars(let scalars):
      let reader = ScalarReader(bytes: text, end: part.upperBound)
      var index = part.lowerBound
      while index < part.upperBound {
        let (scalar, end) = reader.scalar(at: index)
        if let symbol = scalars[scalar.value] {
          append(symbol, index..<end, to: &symbols)
        } else {
          appendBytes(text[index..<end], index..<end, to: &symbols)
        }
        index = end
      }
    }
  }

  /// Appends the first symbols of a word that has other ones inside and at its end.
  private func appendSymbols(
    of word: Range<Int>, of text: [UInt8], _ affixes: Affixes,
    to symbols: inout [MergeScratch.Symbol]
  ) {
    var (first, last) = (word.lowerBound + 1, word.upperBound - 1)
    if case .scalars = alphabet {
      while first < word.upperBound, text[first] & 0xC0 == 0x80 { first += 1 }
      while last > word.lowerBound, text[last] & 0xC0 == 0x80 { last -= 1 }
    }
    guard first < word.upperBound else {
      return appendSymbols(of: word, of: text, affixes.only, to: &symbols)
    }
    appendSymbols(of: word.lowerBound..<first, of: text, alphabet, to: &symbols)
    appendSymbols(of: first..<last, of: text, affixes.inside, to: &symbols)
    appendSymbols(of: last..<word.upperBound, of: text, affixes.last, to: &symbols)
  }

  /// Appends a token, or its replacement.
  private func append(
    _ token: Int32?, _ part: Range<Int>, to symbols: inout [MergeScratch.Symbol]
  ) {
    if let id = token ?? unknown {
      if token == nil, fusesUnknown, let last = symbols.last, last.id == unknown {
        symbols[symbols.count - 1].end = Int32(part.upperBound)
      } else {
        symbols.append(
          MergeScratch.Symbol(
            id: id, start: Int32(part.lowerBound), end: Int32(part.upperBound)))
      }
    }
  }

  /// Appends the byte tokens of a scalar, or the unknown token when one of them is missing.
  private func appendBytes(
    _ bytes: some Sequence<UInt8>, _ part: Range<Int>, to symbols: inout [MergeScratch.Symbol]
  ) {
    let tokens = byteTokens.isEmpty ? [nil] : bytes.map { byteTokens[Int($0)] }
    guard !tokens.contains(nil) else { return append(nil, part, to: &symbols) }
    for (index, token) in tokens.enumerated() {
      append(
        token, part.lowerBound + index..<part.lowerBound + index + 1, to: &symbols)
    }
  }

  /// Appends a merged symbol's tokens: itself, or the bytes of a scalar that is no token.
  private func append(_ symbol: MergeScratch.Symbol, to tokens: inout TokenList) {
    let part = Int(symbol.start)..<Int(symbol.end)
    guard symbol.id >= tokenCount else {
      tokens.append(symbol.id, part)
      return
    }
    var symbols: [MergeScratch.Symbol] = []
    appendBytes(String(unnamedScalars[Int(symbol.id - tokenCount)]).utf8, part, to: &symbols)
    for symbol in symbols { tokens.append(symbol.id, Int(symbol.start)..<Int(symbol.end)) }
  }
}
