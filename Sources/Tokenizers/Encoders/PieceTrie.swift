/// Pieces by their bytes: finds all that a text starts with.
///
/// A trie in one table with open addressing: the key is a node with a byte, the value the next
/// node.
struct PieceTrie: Sendable {
  private var keys: [UInt64]
  private var nodes: [Int32]
  /// The piece that ends at each node, -1 for none.
  private var pieces: [Int32] = [-1]
  private var mask: Int

  private static let free = UInt64.max

  /// A trie with room for pieces of so many bytes in all.
  init(bytes: Int) {
    var size = 64
    while size < bytes * 2 { size *= 2 }
    keys = [UInt64](repeating: Self.free, count: size)
    nodes = [Int32](repeating: 0, count: size)
    mask = size - 1
  }

  init(_ pieces: [(bytes: [UInt8], id: Int32)]) {
    self.init(bytes: pieces.reduce(0) { $0 + $1.bytes.count })
    for piece in pieces { insert(piece.bytes, piece.id) }
  }

  /// The place of a key, or a free one.
  @inline(__always)
  private func slot(of key: UInt64) -> Int {
    var slot = Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 20) & mask
    while keys[slot] != key, keys[slot] != Self.free { slot = (slot + 1) & mask }
    return slot
  }

  /// Adds a piece; of two with the same bytes the later stays.
  mutating func insert(_ bytes: some Sequence<UInt8>, _ id: Int32) {
    var node = 0
    for byte in bytes {
      let key = UInt64(node) << 8 | UInt64(byte)
      let slot = slot(of: key)
      if keys[slot] == key {
        node = Int(nodes[slot])
      } else {
        node = pieces.count
        keys[slot] = key
        nodes[slot] = Int32(node)
        pieces.append(-1)
      }
    }
    if node > 0 { pieces[node] = id }
  }

  /// Calls `body` with each piece that `text[start..<end]` starts with and its end, the shortest
  /// first.
  @inline(__always)
  func forEachMatch(
    from start: Int, to end: Int, in text: [UInt8], _ body: (_ id: Int32, _ end: Int) -> Void
  ) {
    var node = 0
    for index in start..<end {
      let key = UInt64(node) << 8 | UInt64(text[index])
      let slot = slot(of: key)
      guard keys[slot] == key else { return }
      node = Int(nodes[slot])
      if pieces[node] >= 0 { body(pieces[node], index + 1) }
    }
  }

  /// The piece of exactly these bytes.
  func piece(_ part: Range<Int>, of text: [UInt8]) -> Int32? {
    var node = 0
    for index in part {
      let key = UInt64(node) << 8 | UInt64(text[index])
      let slot = slot(of: key)
      guard keys[slot] == key else { return nil }
      node = Int(nodes[slot])
    }
    return pieces[node] >= 0 ? pieces[node] : nil
  }

  /// The length of the longest piece that the text starts with from `start` on.
  func longestMatch(from start: Int, in text: [UInt8]) -> Int? {
    var length: Int?
    forEachMatch(from: start, to: text.count, in: text) { length = $1 - start }
    return length
  }
}
