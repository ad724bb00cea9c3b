import InterchangeBasics

extension Vocabulary {
  /// More ids than any vocabulary has; keeps a hostile file from asking for all the memory.
  static let maximumCount = 1 << 22

  /// The token of each byte in a byte-level vocabulary.
  var bytesOfAlphabet: [Int32?] {
    ByteLevelAlphabet.scalars.map { id(spelled: String($0)) }
  }

  /// The normal tokens by the bytes that they stand for.
  var wholeWords: [ByteString: Int32] {
    var words: [ByteString: Int32] = [:]
    words.reserveCapacity(count)
    for id in 0..<count where kinds[id] == .normal {
      guard let bytes = ByteLevelAlphabet.decode(spelling(of: id)), !bytes.isEmpty else { continue }
      words[ByteString(bytes)] = Int32(id)
    }
    return words
  }
}

extension MergeTable {
  /// Makes the table of merges spelled "left right", the first of which goes first.
  init(
    _ merges: [String], of vocabulary: Vocabulary,
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
        of: vocabulary, fault: fault)
    }
  }

  /// Adds the merge of two tokens, which must be tokens of the vocabulary together, too.
  mutating func insert(
    _ left: String, _ right: String, rank: Int, of vocabulary: Vocabulary,
    fault: (_ index: Int, _ expected: String, _ found: String) -> TokenizerError
  ) throws(TokenizerError) {
    guard let leftID = vocabulary.id(spelled: left), let rightID = vocabulary.id(spelled: right),
      let result = vocabulary.id(spelled: left + right)
    else {
      let unknown = [left, right, left + right].first { vocabulary.id(spelled: $0) == nil }
      throw fault(
        rank, "tokens of the vocabulary", quoted(unknown ?? left + right, upTo: 40))
    }
    insert(leftID, rightID, rank: rank, result: result)
  }
}

extension PieceEncoder {
  /// The SentencePiece encoder of a vocabulary with a score for each token.
  ///
  /// Any two neighbors that are a token together may merge, the highest score first, the leftmost
  /// first among equals. So each way to cut a token in two becomes a merge here, whose rank is the
  /// place of its score among all scores.
  init(scores: [Float], vocabulary: Vocabulary, unknown: Int?) {
    let mergeable = (0..<vocabulary.count).filter {
      [.normal, .userDefined, .unused].contains(vocabulary.kinds[$0])
    }
    var symbols: [ByteString: Int32] = [:]
    var scalars: [UInt32: Int32] = [:]
    var unnamed: [Unicode.Scalar] = []
    for id in mergeable {
      let spelling = vocabulary.spelling(of: id)
      symbols[ByteString(spelling)] = Int32(id)
      let parts = spelling.unicodeScalars
      if parts.count == 1, let scalar = parts.first { scalars[scalar.value] = Int32(id) }
    }
    for id in mergeable {
      for scalar in vocabulary.spelling(of: id).unicodeScalars where scalars[scalar.value] == nil {
        let symbol = Int32(vocabulary.count + unnamed.count)
        scalars[scalar.value] = symbol
        symbols[ByteString(String(scalar))] = symbol
        unnamed.append(scalar)
      }
    }

    let order = Set(scores).sorted(by: >)
    let ranks = Dictionary(uniqueKeysWithValues: zip(order, order.indices))
    var merges = MergeTable(minimumCapacity: mergeable.count * 2)
    for id in mergeable {
      let bytes = Array(vocabulary.spelling(of: id).utf8)
      for cut in bytes.indices.dropFirst() where bytes[cut] & 0xC0 != 0x80 {
        guard let left = symbols[ByteString(bytes[..<cut])],
          let right = symbols[ByteString(bytes[cut...])]
        else { continue }
        merges.insert(left, right, rank: ranks[scores[id]] ?? 0, result: Int32(id))
      }
    }
    self.init(alphabet: .scalars(scalars), merges: merges)
    byteTokens = vocabulary.byteTokens
    self.unknown = unknown.map { Int32($0) }
    unnamedScalars = unnamed
    tokenCount = Int32(vocabulary.count)
  }
}
