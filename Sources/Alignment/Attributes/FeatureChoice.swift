import InterchangeBasics
import InterchangeInterventions
import InterchangeTensors

/// The choice of a featurizer's features for attributes: they are ordered by how well they tell an
/// attribute's values apart, and as many are taken as disentangle the training pairs best.
package struct FeatureChoice {
  let featurizer: any Featurizer

  init(_ featurizer: any Featurizer) { self.featurizer = featurizer }

  /// The swaps of all attributes.
  func fit(_ training: AttributeTraining) throws -> AttributeFit {
    let features = featurizer.encode(training.rows).detached
    return AttributeFit(
      try training.attributes.map { attribute in
        let shares = Self.explained(features, by: training.values[attribute] ?? [])
        let order = shares.indices.filter { shares[$0] > 0 }
          .sorted { (shares[$0], $1) > (shares[$1], $0) }
        var best: (swap: FeaturizedInterchange, size: Int, score: Double)?
        for size in Self.sizes(upTo: order.count) {
          let swap = FeaturizedInterchange(featurizer, features: Array(order.prefix(size)))
          let score = try training.score(swap, of: attribute).disentangle ?? 0
          if score > best?.score ?? -1 { best = (swap, size, score) }
        }
        guard let best else {
          throw AlignmentError.noExamples(
            reason: "no feature of \(featurizer.name) tells values of \(attribute) apart")
        }
        return .init(
          attribute, best.swap, size: best.size,
          note: "\(best.size) of \(featurizer.featureCount) features")
      })
  }

  /// Numbers of features that are tried: powers of two, and all.
  package static func sizes(upTo count: Int) -> [Int] {
    guard count > 0 else { return [] }
    return Array(sequence(first: 1) { $0 * 2 < count ? $0 * 2 : nil }) + (count > 1 ? [count] : [])
  }

  /// The share of each feature's variance over rows that the rows' values explain, 0 where it
  /// has none: the sum of squares between values over that of all (η² of an analysis of variance).
  ///
  /// - Parameters:
  ///   - features: [rows, features]
  ///   - values: the value of each row
  package static func explained(_ features: Tensor, by values: [String]) -> [Double] {
    let (rows, count) = (features.rows, features.width)
    require(values.count == rows, "explained: \(values.count) values for \(rows) rows")
    var numbers: [String: Int] = [:]
    let groups = values.map { value in
      if let number = numbers[value] { return number }
      numbers[value] = numbers.count
      return numbers.count - 1
    }
    var sizes = [Double](repeating: 0, count: numbers.count)
    var sums = [Double](repeating: 0, count: numbers.count * count)
    var squares = [Double](repeating: 0, count: count)
    features.withElements { elements in
      for row in 0..<rows {
        sizes[groups[row]] += 1
        for feature in 0..<count {
          let value = Double(elements[row * count + feature])
          sums[groups[row] * count + feature] += value
          squares[feature] += value * value
        }
      }
    }
    return (0..<count).map { feature in
      var (total, between) = (0.0, 0.0)
      for group in sizes.indices {
        let sum = sums[group * count + feature]
        total += sum
        between += sum * sum / sizes[group]
      }
      let center = total * total / Double(rows)
      let whole = squares[feature] - center
      // What rounding leaves of a feature that doesn't vary.
      guard whole > 1e-9 * max(squares[feature], 1e-30) else { return 0 }
      return min(1, max(0, (between - center) / whole))
    }
  }
}
