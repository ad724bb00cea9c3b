/// Turns one word into tokens: its first symbols, the merges, and a stand-in for what can't be
/// merged.
struct PieceEncoder: Sendable {
  /// The symbols of a word before anything is merged.
  enum Alphabet: Sendable {
    /// Bytes: the token of each, or nil where the vocabulary has none.
    case bytes([Int32?])
    /// Unicode scalars: the symbol of each that some token contains.
    case scalars([UInt32: Int32])
  }

  var alphabet: Alphabet
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

  /// Appends the tokens of `text[word]`.
  func encode(
    _ word: Range<Int>, of text: [UInt8], into ids: inout [Int], scratch: inout MergeScratch
  ) {
    if !wholeWords.isEmpty, let id = wholeWords[ByteString(text[word])] {
      ids.append(Int(id))
      return
    }
    scratch.symbols.removeAll(keepingCapacity: true)
    switch alphabet {
    case .bytes(let tokens):
      for index in word { append(tokens[Int(text[index])], to: &scratch.symbols) }
    case .scalars(let symbols):
      let reader = ScalarReader(bytes: text, end: word.upperBound)
      var index = word.lowerBound
      while index < word.upperBound {
        let (scalar, end) = reader.scalar(at: index)
        if let symbol = symbols[scalar.value] {
          scratch.symbols.append(symbol)
        } else {
          appendBytes(text[index..<end], to: &scratch.symbols)
        }
        index = end
      }
    }
    merges.apply(to: &scratch)
    for symbol in scratch.symbols { append(symbol, to: &ids) }
  }

  /// Appends a token, or its replacement.
  private func append(_ token: Int32?, to symbols: inout [Int32]) {
    if let token {
      symbols.append(token)
    } else if let unknown, !(fusesUnknown && symbols.last == unknown) {
      symbols.append(unknown)
    }
  }

  /// Appends the byte tokens of a scalar, or the unknown token when one of them is missing.
  private func appendBytes(_ bytes: some Sequence<UInt8>, to symbols: inout [Int32]) {
    let tokens = byteTokens.isEmpty ? [nil] : bytes.map { byteTokens[Int($0)] }
    let present = tokens.compactMap { $0 }
    if present.count == tokens.count {
      symbols += present
    } else {
      append(nil, to: &symbols)
    }
  }

  /// Appends a merged symbol's tokens: itself, or the bytes of a scalar that is no token.
  private func append(_ symbol: Int32, to ids: inout [Int]) {
    guard symbol >= tokenCount else {
      ids.append(Int(symbol))
      return
    }
    var symbols: [Int32] = []
    appendBytes(String(unnamedScalars[Int(symbol - tokenCount)]).utf8, to: &symbols)
    ids += symbols.map(Int.init)
  }
}
