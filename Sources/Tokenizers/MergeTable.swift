import HeapModule

/// The merges of a byte-pair encoding: pairs of neighboring symbols, the symbol that each becomes,
/// and the order in which merges are applied.
///
/// The merge of the lowest rank in the word is applied, the leftmost of them first, until none is
/// left (Sennrich et al. 2016). Symbols are token ids; an encoder may number further ones after
/// them.
struct MergeTable: Sendable {
  struct Merge: Sendable {
    var rank: UInt32
    var result: Int32
  }

  private var merges: [UInt64: Merge] = [:]

  init(minimumCapacity: Int) {
    merges.reserveCapacity(minimumCapacity)
  }

  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  /// Adds a merge; of two merges of the same pair the earlier rank stays.
  mutating func insert(_ left: Int32, _ right: Int32, rank: Int, result: Int32) {
    let merge = Merge(rank: UInt32(rank), result: result)
    if let present = merges[Self.key(left, right)], present.rank <= merge.rank { return }
    merges[Self.key(left, right)] = merge
  }

  /// The merge of two neighboring symbols.
  func merge(of left: Int32, _ right: Int32) -> Merge? {
    merges[Self.key(left, right)]
  }

  /// Replaces `word.symbols` by the symbols that are left when no merge applies any more, in
  /// O(n log n) for n symbols.
  func apply(to word: inout MergeScratch) {
    let count = word.symbols.count
    guard count > 1 else { return }
    word.prepare()
    for position in 0..<(count - 1) { push(position, in: &word) }
    while let candidate = word.queue.popMin() {
      let position = Int(candidate & 0xFFFF_FFFF)
      let next = Int(word.next[position])
      // A candidate is outdated once one of its two symbols has been merged into something else.
      guard word.symbols[position].id >= 0, next < count,
        let merge = merge(of: word.symbols[position].id, word.symbols[next].id),
        UInt64(merge.rank) == candidate >> 32
      else { continue }
      word.symbols[position].id = merge.result
      word.symbols[position].end = word.symbols[next].end
      word.symbols[next].id = MergeScratch.removed
      word.next[position] = word.next[next]
      if word.next[next] < count { word.previous[Int(word.next[next])] = Int32(position) }
      push(position, in: &word)
      if word.previous[position] >= 0 { push(Int(word.previous[position]), in: &word) }
    }
    word.symbols.removeAll { $0.id == MergeScratch.removed }
  }

  private func push(_ position: Int, in word: inout MergeScratch) {
    let next = Int(word.next[position])
    guard next < word.symbols.count,
      let merge = merge(of: word.symbols[position].id, word.symbols[next].id)
    else { return }
    word.queue.insert(UInt64(merge.rank) << 32 | UInt64(position))
  }
}

/// The symbols of one word, and the storage that merging them needs, reused from word to word.
struct MergeScratch {
  static let removed: Int32 = -1

  /// A symbol and the bytes of the text that it stands for.
  struct Symbol {
    var id: Int32
    var start: Int32
    var end: Int32
  }

  var symbols: [Symbol] = []
  /// Rank in the upper half, position in the lower: the order in which merges apply.
  fileprivate var queue = Heap<UInt64>()
  fileprivate var next: [Int32] = []
  fileprivate var previous: [Int32] = []

  fileprivate mutating func prepare() {
    next.removeAll(keepingCapacity: true)
    previous.removeAll(keepingCapacity: true)
    for position in 0..<Int32(symbols.count) {
      next.append(position + 1)
      previous.append(position - 1)
    }
  }
}
