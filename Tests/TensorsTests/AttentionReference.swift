import Foundation
import InterchangeTensors

/// Attention by plain loops in Double.
func referenceAttention(
  query: Matrix, key: Matrix, value: Matrix, segments: [AttentionSegment], headWidth: Int,
  causal: Bool
) -> [Double] {
  var rule = ReferenceRule(scale: 1 / Double(headWidth).squareRoot())
  if causal { rule.after = 0 }
  return referenceAttention(
    query: query, key: key, value: value, segments: segments, headWidth: headWidth, rule: rule)
}

/// How scores follow from products, and what a position sees.
struct ReferenceRule {
  var scale: Double
  var softCap: Double?
  var before: Int?
  var after: Int?
  /// The addition for a head, a query's position and a key's.
  var addition: (_ head: Int, _ query: Int, _ key: Int) -> Double = { _, _, _ in 0 }

  /// Tells whether a position sees another.
  func sees(_ position: Int, _ other: Int) -> Bool {
    if let before, other < position - before { return false }
    if let after, other > position + after { return false }
    return true
  }

  /// The score of a product.
  func score(_ product: Double) -> Double {
    let scaled = scale * product
    return softCap.map { $0 * tanh(scaled / $0) } ?? scaled
  }
}

/// Attention by a rule, by plain loops in Double; zeros for a query that sees nothing.
func referenceAttention(
  query: Matrix, key: Matrix, value: Matrix, segments: [AttentionSegment], headWidth: Int,
  rule: ReferenceRule
) -> [Double] {
  var result = Matrix(zeros: query.rows, query.width)
  let heads = query.width / headWidth
  let keyHeads = key.width / headWidth
  for segment in segments {
    let knownKeys = segment.known.map { Matrix($0.keys) }
    let knownValues = segment.known.map { Matrix($0.values) }
    for head in 0..<heads {
      let keyHead = head / (heads / keyHeads)
      /// Element `index` of the head at a position of the sequence, stored or new.
      func element(_ known: Matrix?, _ new: Matrix, _ position: Int, _ index: Int) -> Double {
        let column = keyHead * headWidth + index
        if position < segment.knownCount { return known![position, column] }
        return new[segment.keys.lowerBound + position - segment.knownCount, column]
      }
      for (queryIndex, position) in segment.queryPositions.enumerated() {
        let row = segment.queries.lowerBound + queryIndex
        let length = segment.knownCount + segment.keys.count
        let visible = (0..<length).filter { rule.sees(position, $0) }
        let scores = visible.map { other in
          let product = (0..<headWidth).reduce(0.0) {
            $0 + query[row, head * headWidth + $1] * element(knownKeys, key, other, $1)
          }
          return rule.score(product) + rule.addition(head, position, other)
        }
        guard let largest = scores.max() else { continue }
        let weights = scores.map { exp($0 - largest) }
        let total = weights.reduce(0, +)
        for (weight, other) in zip(weights, visible) {
          for index in 0..<headWidth {
            result[row, head * headWidth + index] +=
              weight / total * element(knownValues, value, other, index)
          }
        }
      }
    }
  }
  return result.elements
}
