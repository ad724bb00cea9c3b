/// The way from a word to tokens.
protocol WordEncoder: Sendable {
  /// The token for what the vocabulary can't express.
  var unknown: Int32? { get }

  /// Appends the tokens of `text[word]`, each with its bytes.
  func encode(
    _ word: Range<Int>, of text: [UInt8], into tokens: inout TokenList,
    scratch: inout MergeScratch)
}

/// Tokens, and the bytes of the text of the words that each stands for.
struct TokenList {
  private(set) var ids: [Int] = []
  private(set) var parts: [Range<Int>] = []

  var count: Int { ids.count }

  mutating func append(_ id: some BinaryInteger, _ part: Range<Int>) {
    ids.append(Int(id))
    parts.append(part)
  }

  /// Puts the origins in the place of the parts from one token on.
  mutating func align(from index: Int, to text: AlignedText) {
    guard !text.isOriginal else { return }
    for position in index..<parts.count { parts[position] = text.origin(of: parts[position]) }
  }
}
