import InterchangeBasics

/// The choice of a subspace's rank by accuracy on training pairs that the fit doesn't see.
///
/// The pairs are parted into folds, each of which is held out once; of many pairs one part is. For
/// ranks 1, 2, 4, … a subspace is fitted on the others, until more dimensions stop helping, and the
/// ranks between are bisected. The dimension is the smallest rank whose accuracy is within the best
/// one's interval. No test pair is looked at.
public struct RankSelection: Codable, Sendable, Equatable {
  /// The largest rank to try; nil for the site's width, or a quarter of the pairs of a fit.
  public var maximumRank: Int?
  /// The parts that are held out in turn; 1 holds a third out once. Nil for 4, 2 or 1, the fewer
  /// the more pairs there are.
  public var folds: Int?

  /// The default choice.
  public init() {}

  func validate(width: Int) throws {
    let check = SettingCheck(error: AlignmentError.invalidSetting)
    if let maximumRank {
      try check((1...width).contains(maximumRank), "maximum rank", "1 to \(width)", maximumRank)
    }
    if let folds { try check((1...20).contains(folds), "folds", "1 to 20", folds) }
  }

  /// The pairs that are held out, fold by fold, with those that are fitted on.
  package func parts(of order: [Int]) throws -> [(fitted: [Int], held: [Int])] {
    let count = order.count
    guard count >= 8 else {
      throw AlignmentError.noExamples(
        reason: "a rank is chosen on 8 training pairs or more, found \(count)")
    }
    // Wilson's interval of 48 right answers is 0.07 wide, that of 160 is 0.02.
    let folds = min(folds ?? (count < 160 ? 4 : count < 400 ? 2 : 1), count / 2)
    guard folds > 1 else {
      let held = min(512, count / 3)
      return [(Array(order.dropFirst(held)), Array(order.prefix(held)))]
    }
    return (0..<folds).map { fold in
      let held = count * fold / folds..<count * (fold + 1) / folds
      return (Array(order[..<held.lowerBound] + order[held.upperBound...]), Array(order[held]))
    }
  }
}
