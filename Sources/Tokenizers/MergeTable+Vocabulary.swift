import InterchangeBasics

extension Vocabulary {
  /// More ids than any vocabulary has; keeps a hostile file from asking for all the memory.
  static let maximumCount = 1 << 22

  /// More ids without a token than any vocabulary leaves: a short file takes little memory.
  static let maximumUnused = 1 << 16

  /// The token of each byte in a byte-level vocabulary, with a mark before and after it.
  func bytesOfAlphabet(prefix: String = "", suffix: String = "") -> PieceEncoder.Alphabet {
    .bytes(ByteLevelAlphabet.scalars.map { id(spelled: prefix + String($0) + suffix) })
  }

  /// The tokens that are a single scalar, with a mark before and after it.
  func singleScalars(prefix: String = "", suffix: String = "") -> PieceEncoder.Alphabet {
    let (start, end) = (prefix.unicodeScalars, suffix.unicodeScalars)
    var symbols: [UInt32: Int32] = [:]
    for id in 0..<count {
      let scalars = spelling(of: id).unicodeScalars
      guard scalars.count == start.count + end.count + 1, scalars.starts(with: start),
        scalars.suffix(end.count).elementsEqual(end)
      else { continue }
      symbols[scalars.dropFirst(start.count).first!.value] = Int32(id)
    }
    return .scalars(symbols)
  }

  /// The normal tokens by the bytes that they stand for in a byte-level vocabulary.
  var wholeWords: [ByteString: Int32] {
    var words: [ByteString: Int32] = [:]
    words.reserveCapacity(count)
    for id in 0..<count where kinds[id] == .normal {
      guard let bytes = ByteLevelAlphabet.decode(spelling(of: id)), !bytes.isEmpty else { continue }
      words[ByteString(bytes)] = Int32(id)
    }
    return words
  }

  /// The normal tokens by their spelling.
  func wholeSpellings(where isWanted: (String) -> Bool = { _ in true }) -> [ByteString: Int32] {
    var words: [ByteString: Int32] = [:]
    for id in 0..<count where kinds[id] == .normal && isWanted(spelling(of: id)) {
      words[ByteString(spelling(of: id))] = Int32(id)
    }
    return words
  }
}

extension MergeTable {
  /// Makes the table of merges spelled "left right", the first of which goes first.
  init(
    _ merges: [String], of vocabulary: Vocabulary, prefix: String = "",
    fault: (_ index: Int, _ expected: String, _ found: String) -> TokenizerError
  ) throws(TokenizerError) {
    self.init(minimumCapacity: merges.count)
    for (rank, merge) in merges.enumerated() {
      // The left part may be a space itself.
      let bytes = merge.utf8
      guard let start = bytes.indices.dropFirst().first,
        let space = bytes[start...].firstIndex(of: UInt8(ascii: " "))
      else {
        throw fault(rank, "two tokens with a space between", quoted(merge, upTo: 40))
      }
      try insert(
        String(merge[..<space]), String(merge[bytes.index(after: space)...]), rank: rank,
        of: vocabulary, prefix: prefix, fault: fault)
    }
  }

  /// Adds the merge of two tokens, which must be tokens of the vocabulary together, too: without
  /// the mark that the second one begins with inside a word.
  mutating func insert(
    _ left: String, _ right: String, rank: Int, of vocabulary: Vocabulary, prefix: String = "",
    fault: (_ index: Int, _ expected: String, _ found: String) -> TokenizerError
  ) throws(TokenizerError) {
    let whole = left + (right.hasPrefix(prefix) ? right.dropFirst(prefix.count) : right[...])
    guard let leftID = vocabulary.id(spelled: left), let rightID = vocabulary.id(spelled: right),
      let result = vocabulary.id(spelled: whole)
    else {
      let unknown = [left, right, whole].first { vocabulary.id(spelled: $0) == nil }
      throw fault(rank, "tokens of the vocabulary", quoted(unknown ?? whole, upTo: 40))
    }
    insert(leftID, rightID, rank: rank, result: result)
  }

  /// Adds every way to make a piece of two symbols.
  mutating func insertCuts(of piece: [UInt8], _ id: Int32, rank: Int, symbols: PieceTrie) {
    guard piece.count > 1 else { return }
    symbols.forEachMatch(from: 0, to: piece.count - 1, in: piece) { left, cut in
      guard let right = symbols.piece(cut..<piece.count, of: piece) else { return }
      insert(left, right, rank: rank, result: id)
    }
  }
}

extension PieceEncoder {
  /// The encoder of a SentencePiece vocabulary with a score for each token.
  ///
  /// Any two neighbors that are a token together may merge, the highest score first, the leftmost
  /// first among equals. So each way to cut a token in two becomes a merge here, whose rank is the
  /// place of its score among all scores.
  ///
  /// - Parameter pieces: the tokens that text can become; those of some kinds unless they are given
  init(scores: [Float], vocabulary: Vocabulary, unknown: Int?, pieces: [Int]? = nil) {
    let mergeable =
      pieces
      ?? (0..<vocabulary.count).filter {
        [.normal, .userDefined, .unused].contains(vocabulary.kinds[$0])
      }
    var symbols = mergeable.map { (Array(vocabulary.spelling(of: $0).utf8), Int32($0)) }
    var scalars: [UInt32: Int32] = [:]
    var unnamed: [Unicode.Scalar] = []
    for id in mergeable {
      let parts = vocabulary.spelling(of: id).unicodeScalars
      if let scalar = parts.first, parts.dropFirst().isEmpty { scalars[scalar.value] = Int32(id) }
    }
    for id in mergeable {
      for scalar in vocabulary.spelling(of: id).unicodeScalars where scalars[scalar.value] == nil {
        let symbol = Int32(vocabulary.count + unnamed.count)
        scalars[scalar.value] = symbol
        symbols.append((Array(String(scalar).utf8), symbol))
        unnamed.append(scalar)
      }
    }
    let trie = PieceTrie(symbols)

    let order = Set(scores).sorted(by: >)
    let ranks = Dictionary(uniqueKeysWithValues: zip(order, order.indices))
    var merges = MergeTable(minimumCapacity: mergeable.count * 2)
    for (id, piece) in zip(mergeable, symbols) {
      merges.insertCuts(of: piece.0, Int32(id), rank: ranks[scores[id]] ?? 0, symbols: trie)
    }
    self.init(alphabet: .scalars(scalars), merges: merges)
    byteTokens = vocabulary.byteTokens
    self.unknown = unknown.map { Int32($0) }
    unnamedScalars = unnamed
    tokenCount = Int32(vocabulary.count)
  }

  /// The encoder of a tiktoken vocabulary: any two neighbors that are a token together may merge,
  /// the lowest rank first.
  ///
  /// - Parameter pieces: the bytes of each token, in the order of their ranks, from an id on
  init(ranked pieces: [[UInt8]], from first: Int, count: Int) {
    var symbols: [ByteString: Int32] = [:]
    symbols.reserveCapacity(pieces.count)
    var alphabet = [Int32?](repeating: nil, count: 256)
    for (rank, piece) in pieces.enumerated() {
      symbols[ByteString(piece)] = Int32(first + rank)
      if piece.count == 1 { alphabet[Int(piece[0])] = Int32(first + rank) }
    }
    var merges = MergeTable(minimumCapacity: pieces.count * 2)
    let trie = PieceTrie(pieces.enumerated().map { ($1, Int32(first + $0)) })
    for (rank, piece) in pieces.enumerated() {
      merges.insertCuts(of: piece, Int32(first + rank), rank: rank, symbols: trie)
    }
    self.init(alphabet: .bytes(alphabet), merges: merges)
    wholeWords = symbols
    tokenCount = Int32(count)
  }
}
