import InterchangeModels
import InterchangeTensors

/// The mean attention to earlier tokens of three kinds, over the queries of some sequences that
/// have such tokens.
struct AttentionScores {
  /// The places that each query is scored by.
  struct Targets {
    var previous: [[Int]]
    var duplicate: [[Int]]
    var induction: [[Int]]

    /// - Parameter ids: a sequence's tokens
    init(_ ids: [Int]) {
      var places: [Int: [Int]] = [:]
      (previous, duplicate, induction) = ([], [], [])
      for (index, id) in ids.enumerated() {
        let copies = places[id] ?? []
        previous.append(index > 0 ? [index - 1] : [])
        duplicate.append(copies)
        // The token after a copy may be the query itself; that is no earlier one.
        induction.append(copies.map { $0 + 1 }.filter { $0 < index })
        places[id, default: []].append(index)
      }
    }

    var kinds: [[[Int]]] { [previous, duplicate, induction] }
  }

  /// [kinds][layers][heads], sums.
  private var sums: [[[Double]]]
  private var uniform = [0.0, 0.0, 0.0]
  private var counts = [0, 0, 0]

  init(layers: Int, heads: Int) {
    sums = Array(
      repeating: Array(repeating: Array(repeating: 0, count: heads), count: layers), count: 3)
  }

  /// Adds a sequence with the attention of all layers: [heads, positions, positions] each.
  ///
  /// - Parameter isCausal: whether a query sees only itself and what came before it
  mutating func add(_ ids: [Int], attention: [Tensor], isCausal: Bool) {
    let length = ids.count
    for (kind, targets) in Targets(ids).kinds.enumerated() {
      for (query, keys) in targets.enumerated() where !keys.isEmpty {
        counts[kind] += 1
        uniform[kind] += Double(keys.count) / Double(isCausal ? query + 1 : length)
      }
      for (layer, weights) in attention.enumerated() {
        weights.withElements { weights in
          for head in sums[kind][layer].indices {
            var sum = 0.0
            for (query, keys) in targets.enumerated() {
              for key in keys { sum += Double(weights[(head * length + query) * length + key]) }
            }
            sums[kind][layer][head] += sum
          }
        }
      }
    }
  }

  /// The mean of a kind: 0 where no query has such tokens.
  func mean(_ kind: Int, _ layer: Int, _ head: Int) -> Double {
    counts[kind] > 0 ? sums[kind][layer][head] / Double(counts[kind]) : 0
  }

  var uniformMeans: HeadDetection.Uniform {
    func mean(_ kind: Int) -> Double {
      counts[kind] > 0 ? uniform[kind] / Double(counts[kind]) : 0
    }
    return HeadDetection.Uniform(previous: mean(0), duplicate: mean(1), induction: mean(2))
  }

  /// The kinds for which there was a query, in the order previous, duplicate, induction.
  var isScored: [Bool] { counts.map { $0 > 0 } }
}
