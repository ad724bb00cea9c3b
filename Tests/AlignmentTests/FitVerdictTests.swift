import InterchangeAlignment
import InterchangeBasics
import Testing

/// Each verdict from the findings that call for it.
@Suite struct FitVerdictTests {
  private func history(
    end: FitHistory.End = .plateau, checks: [Double] = [6, 3, 1, 1, 1], pairs: Int = 96
  ) -> FitHistory {
    FitHistory(
      budget: .standard, learningRate: 0.004, trainingPairs: pairs - 8, validationPairs: 8,
      checks: checks.enumerated().map {
        .init(step: 10 * $0, loss: $1, accuracy: Accuracy(correct: 1, n: 8))
      }, losses: [], end: end)
  }

  private func control(_ kind: ControlKind, _ correct: Int) -> ControlResult {
    ControlResult(
      name: kind.rawValue, iia: Accuracy(correct: correct, n: 40), each: nil, largestChange: nil,
      note: "")
  }

  private func judge(
    test: Int = 38, train: Int = 96, rank: Int = 1, fit: FitHistory? = nil,
    controls: [ControlResult] = [], dimension: DimensionEstimate? = nil,
    constantAnswer: Double? = nil
  ) -> (verdict: FitVerdict, reason: String) {
    FitVerdict.judging(
      .init(
        rank: rank, fit: fit ?? history(), test: Accuracy(correct: test, n: 40),
        train: Accuracy(correct: train, n: 100), controls: controls, dimension: dimension,
        constantAnswer: constantAnswer))
  }

  @Test func converged() {
    let (verdict, reason) = judge(controls: [control(.principalComponents, 15)])
    #expect(verdict == .converged && reason == "the validation loss is on a plateau")
    // At a budget's end, too, where the last quarter of the curve is flat.
    let ended = judge(fit: history(end: .budget))
    #expect(ended.verdict == .converged)
    #expect(ended.reason == "the loss had stopped falling when the steps ended")
  }

  @Test func lossStillFalling() {
    let (verdict, reason) = judge(fit: history(end: .budget, checks: [8.3, 7, 6, 5, 4]))
    #expect(verdict == .lossStillFalling && reason.contains("give more steps"))
    // A plateau is one, whatever the curve looks like.
    #expect(judge(fit: history(checks: [8.3, 7, 6, 5, 4])).verdict == .converged)
  }

  /// The last quarter has to lower the loss by more than a twentieth of the whole fall.
  @Test(
    arguments: [
      ([], false), ([5], true), ([5, 5], false), ([5, 4], true),
      ([6, 4, 2, 1.20, 1], false),  // 0.2 of 5: less than a twentieth
      ([6, 4, 2, 1.30, 1], true),
      ([6, 6, 6, 6.02, 6], false),  // noise: less than 0.5 %
      ([6, 6, 5.99, 5.98, 5.90], true),  // hardly begun
      ([3, 0.5, 0.0015, 0.0010, 0], false),  // less than 0.002 nats
    ] as [([Double], Bool)])
  func fallingCurves(curve: [Double], isFalling: Bool) {
    #expect(FitHistory.isFalling(curve) == isFalling)
  }

  /// Without checks the losses of training tell, in the means of eight parts.
  @Test func lossesOfTraining() {
    func isFalling(_ losses: [Double]) -> Bool {
      FitHistory(
        budget: .steps(losses.count), learningRate: 1, trainingPairs: 9, validationPairs: 0,
        checks: [], losses: losses, end: .budget
      ).isStillFalling
    }
    #expect(isFalling((0..<80).map { 8 - 0.05 * Double($0) }))
    // Noise about a value that was reached after the first part.
    #expect(!isFalling((0..<80).map { $0 < 10 ? 8 : 1 + ($0 % 2 == 0 ? 0.3 : -0.3) }))
  }

  @Test(arguments: [ControlKind.principalComponents, .randomModel])
  func belowItsOwnControl(kind: ControlKind) {
    let (verdict, reason) = judge(test: 2, train: 6, controls: [control(kind, 15)])
    #expect(verdict == .notFitted)
    #expect(verdict.title == "below its own control: not fitted")
    let name = kind == .randomModel ? "the random model" : "PCA"
    #expect(reason == "held out 0.05, below \(name) 0.38")
    // The interval of 15/40 − 9/40 holds 0: it isn't below. Other controls may be above.
    #expect(judge(test: 9, train: 25, controls: [control(kind, 15)]).verdict != .notFitted)
    #expect(judge(test: 2, train: 6, controls: [control(.fullVector, 40)]).verdict == .converged)
  }

  /// A random model that does as well, where both do better than what isn't fitted.
  @Test func noMoreThanInARandomModel() {
    let controls = [control(.randomSubspaces, 20), control(.randomModel, 36)]
    let (verdict, reason) = judge(controls: controls)
    #expect(verdict == .notAboveRandom && verdict.title == "no more than in a random model")
    #expect(
      reason
        == "held out 0.95, the same fit on a random model 0.90: what was found isn't the model's")
    // Before a loss that still falls: more steps wouldn't change whose it is.
    let falling = judge(
      fit: history(end: .budget, checks: [8.3, 7, 6, 5, 4]), controls: controls)
    #expect(falling.verdict == .notAboveRandom && falling.reason.contains("give more steps"))
    // 38/40 − 20/40 is above 0 with all of its interval.
    #expect(judge(controls: [control(.randomModel, 20)]).verdict == .converged)
    // Nothing was found: both are what untrained ones are.
    #expect(
      judge(
        test: 20, train: 50, controls: [control(.randomSubspaces, 20), control(.randomModel, 21)]
      ).verdict == .converged)
    #expect(judge(test: 20, train: 50, controls: [control(.randomModel, 21)]).verdict != .converged)
  }

  /// Random models differ by more than an interval over pairs: half of what was found is enough.
  @Test func halfOfItInARandomModel() {
    func verdict(random: Int, floor: Int = 4, constant: Double? = 0.5) -> FitVerdict {
      judge(
        controls: [control(.randomSubspaces, floor), control(.randomModel, random)],
        constantAnswer: constant
      ).verdict
    }
    // 38 of 40 are 18 above a constant answer's 20; 30 has more than half of that, and its interval
    // begins at 0.60.
    #expect(verdict(random: 30) == .notAboveRandom)
    #expect(verdict(random: 28) == .converged)
    // More than the fit is all of it; below a constant answer the fit is merely not fitted.
    #expect(verdict(random: 40) == .notAboveRandom)
    #expect(
      judge(
        test: 14, train: 36,
        controls: [control(.randomSubspaces, 1), control(.randomModel, 24)], constantAnswer: 0.5
      ).verdict == .notFitted)
    // As high above what isn't fitted as above a constant answer; and where one of both isn't known.
    #expect(verdict(random: 30, floor: 25) == .converged)
    #expect(verdict(random: 30, constant: nil) == .converged)
    // A random model that answers as a constant does has nothing, however low the floor is.
    #expect(verdict(random: 22) == .converged)
  }

  @Test func overfits() {
    let (verdict, reason) = judge(test: 20, train: 95)
    #expect(verdict == .overfits)
    // By hand: Wilson's intervals are [0.352, 0.648] of 20/40 and [0.888, 0.978] of 95/100.
    #expect(reason == "train − held out = 0.45 [0.29, 0.60]")
    // 0.97 against 0.95: neither large nor sure.
    #expect(judge(test: 38, train: 97).verdict == .converged)
    // 0.79 against 0.65 is less than what chance makes.
    #expect(judge(test: 26, train: 79).verdict == .converged)
  }

  @Test func tooFewPairs() {
    #expect(judge(rank: 24).verdict == .converged)
    let (verdict, reason) = judge(rank: 25)
    #expect(verdict == .tooFewPairs && verdict.title == "too few pairs for this rank")
    #expect(reason == "96 pairs for 25 dimensions: give at least 100")
    let candidates = [1, 2].map {
      DimensionEstimate.Candidate(
        rank: $0, heldOut: Accuracy(correct: 5, n: 40), train: Accuracy(correct: 39, n: 40))
    }
    let estimate = DimensionEstimate(
      candidates, floor: Accuracy(correct: 0, n: 40), folds: 4, isCut: false)
    let doubted = judge(dimension: estimate)
    #expect(doubted.verdict == .tooFewPairs && doubted.reason.hasPrefix("rank 1 overfits"))
  }

  /// The first that holds is the verdict; the reason has all of them.
  @Test func order() {
    let (verdict, reason) = judge(
      test: 2, train: 95, rank: 25, fit: history(end: .budget, checks: [8, 7, 6, 5, 4]),
      controls: [control(.principalComponents, 15)])
    #expect(verdict == .tooFewPairs)
    #expect(reason.split(separator: "; ").count == 4)
    let better = judge(test: 2, train: 95, controls: [control(.principalComponents, 15)])
    #expect(better.verdict == .overfits && better.reason.contains("below PCA 0.38"))
  }

  @Test func marksAndTitlesDiffer() {
    let all = FitVerdict.allCases
    #expect(Set(all.map(\.title)).count == 6 && Set(all.map(\.mark)).count == 6)
    #expect(FitVerdict.converged.mark == nil)
  }
}
