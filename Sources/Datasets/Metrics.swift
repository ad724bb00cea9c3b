import Foundation
import InterchangeBasics

/// Figures of merit of predictions against the right values: pure functions of two lists of one
/// length, at least one long.
public enum Metrics {
  /// The share of predictions that are right.
  public static func accuracy<Label: Hashable>(_ predicted: [Label], _ gold: [Label]) -> Double {
    check(predicted.count, gold.count, "accuracy")
    return Double(zip(predicted, gold).count { $0 == $1 }) / Double(gold.count)
  }

  /// The share of texts that are right but for white space at their ends.
  public static func exactMatch(_ predicted: [String], _ gold: [String]) -> Double {
    func trimmed(_ text: String) -> String { text.trimmingCharacters(in: .whitespacesAndNewlines) }
    return accuracy(predicted.map(trimmed), gold.map(trimmed))
  }

  /// Matthews' correlation (Matthews 1975), for more than two labels in Gorodkin's form (2004):
  ///
  ///     (c s − Σₖ pₖ tₖ) / √((s² − Σₖ pₖ²)(s² − Σₖ tₖ²))
  ///
  /// with s examples, c of them right, label k predicted pₖ times and right tₖ times. 0 when all
  /// predictions or all labels are the same.
  public static func matthewsCorrelation<Label: Hashable>(
    _ predicted: [Label], _ gold: [Label]
  ) -> Double {
    check(predicted.count, gold.count, "matthewsCorrelation")
    let (p, t) = (counts(predicted), counts(gold))
    let s = Double(gold.count)
    let c = Double(zip(predicted, gold).count { $0 == $1 })
    func product(_ a: [Label: Double], _ b: [Label: Double]) -> Double {
      a.reduce(0) { $0 + $1.value * b[$1.key, default: 0] }
    }
    let scale = (s * s - product(p, p)) * (s * s - product(t, t))
    return scale > 0 ? (c * s - product(p, t)) / scale.squareRoot() : 0
  }

  /// F1 of one label, 2 tp / (2 tp + fp + fn): the harmonic mean of precision and recall. 0 when
  /// the label is neither predicted nor right anywhere.
  public static func f1<Label: Hashable>(
    _ predicted: [Label], _ gold: [Label], positive: Label
  ) -> Double {
    check(predicted.count, gold.count, "f1")
    let both = zip(predicted, gold).count { $0 == positive && $1 == positive }
    let total = predicted.count { $0 == positive } + gold.count { $0 == positive }
    return total > 0 ? 2 * Double(both) / Double(total) : 0
  }

  /// The mean of the F1 of every label that is predicted or right somewhere.
  public static func macroF1<Label: Hashable>(_ predicted: [Label], _ gold: [Label]) -> Double {
    check(predicted.count, gold.count, "macroF1")
    // In the order they occur, so that rounding is always the same.
    var seen: Set<Label> = []
    let labels = (gold + predicted).filter { seen.insert($0).inserted }
    return labels.reduce(0) { $0 + f1(predicted, gold, positive: $1) } / Double(labels.count)
  }

  /// Pearson's correlation of two lists of numbers; nil when one of them is constant.
  public static func pearson(_ predicted: [Double], _ gold: [Double]) -> Double? {
    check(predicted.count, gold.count, "pearson")
    func centred(_ values: [Double]) -> [Double] {
      let mean = values.reduce(0, +) / Double(values.count)
      return values.map { $0 - mean }
    }
    func product(_ a: [Double], _ b: [Double]) -> Double {
      zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    }
    guard let first = predicted.first, let other = gold.first,
      predicted.contains(where: { $0 != first }), gold.contains(where: { $0 != other })
    else { return nil }
    let (x, y) = (centred(predicted), centred(gold))
    let value = product(x, y) / (product(x, x).squareRoot() * product(y, y).squareRoot())
    return value.isNaN ? nil : min(1, max(-1, value))
  }

  /// Spearman's correlation: Pearson's of the ranks, where equal values have the mean of their
  /// ranks; nil when one list is constant.
  public static func spearman(_ predicted: [Double], _ gold: [Double]) -> Double? {
    pearson(ranks(predicted), ranks(gold))
  }

  /// exp of a mean cross-entropy in nats.
  public static func perplexity(meanLoss: Double) -> Double { exp(meanLoss) }

  private static func counts<Label: Hashable>(_ labels: [Label]) -> [Label: Double] {
    labels.reduce(into: [:]) { $0[$1, default: 0] += 1 }
  }

  /// The rank of each value, from 1.
  private static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
      var end = start + 1
      while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
      for index in order[start..<end] { ranks[index] = Double(start + end + 1) / 2 }
      start = end
    }
    return ranks
  }

  private static func check(_ predicted: Int, _ gold: Int, _ name: String) {
    require(
      predicted == gold && gold > 0, "\(name): \(predicted) predictions for \(gold) values")
  }
}
