import Foundation
import InterchangeTensors

/// Attention by plain loops in Double.
func referenceAttention(
  query: Matrix, key: Matrix, value: Matrix, segments: [AttentionSegment], headWidth: Int,
  causal: Bool
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
        let visible = (0..<length).filter { !causal || $0 <= position }
        let scores = visible.map { other in
          (0..<headWidth).reduce(0.0) {
            $0 + query[row, head * headWidth + $1] * element(knownKeys, key, other, $1)
          } / Double(headWidth).squareRoot()
        }
        let largest = scores.max()!
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
