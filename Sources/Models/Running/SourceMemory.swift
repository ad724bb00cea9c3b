import InterchangeBasics
import InterchangeTensors

/// One source's rows as a decoder's cross-attention reads them, and the keys and values that its
/// layers have made of them so far: constants, made when they are first needed.
final class KnownSource {
  /// The encoder's rows, after its last norm: [positions, width].
  let rows: Tensor
  private var pairs: [Int: (keys: Tensor, values: Tensor)] = [:]

  init(_ rows: Tensor) { self.rows = rows.detached }

  /// Keys and values of a layer: [positions, keyHeads · headWidth] each.
  func pair(_ layer: Int, _ make: (Tensor) -> (keys: Tensor, values: Tensor)) -> (
    keys: Tensor, values: Tensor
  ) {
    if let known = pairs[layer] { return known }
    let made = make(rows)
    let pair = (made.keys.detached, made.values.detached)
    pairs[layer] = pair
    return pair
  }

  /// The bytes that it takes once every layer has made its keys and values.
  static func byteCount(positions: Int, width: Int, keyWidth: Int, layers: Int) -> Int {
    4 * positions * (width + 2 * keyWidth * layers)
  }
}

/// The sources of a run of a decoder: what its cross-attention reads of each sequence.
struct SourceMemory {
  /// The rows of the sequences that this run has changed or made anew, and which they are.
  let rows: Tensor
  let made: RowSet
  /// For every other sequence what is known of it; nil where `made` has its rows.
  let known: [KnownSource?]
  /// Each source's number of positions.
  let lengths: [Int]
  /// By layer, the sequences whose keys and values are visited there, and so are made again.
  let visited: [Int: Set<Int>]

  /// The sequences of which a layer makes keys and values, and their rows.
  func rows(of layer: Int) -> (rows: Tensor, set: RowSet) {
    let visited = visited[layer] ?? []
    guard visited.contains(where: { known[$0] != nil }) else { return (rows, made) }
    let positions = lengths.indices.map { sequence in
      made.positions[sequence].isEmpty && !visited.contains(sequence)
        ? [] : Array(0..<lengths[sequence])
    }
    let parts = lengths.indices.compactMap { sequence -> Tensor? in
      guard !positions[sequence].isEmpty else { return nil }
      return known[sequence]?.rows ?? rows.rowSlice(made.range(sequence))
    }
    return (Tensor.concatenatingRows(parts), RowSet(positions))
  }
}
