import Foundation
import InterchangeAlignment
import InterchangeTensors
import Testing

@Suite struct FitBudgetTests {
  private func settings(_ change: (inout AlignmentSettings) -> Void) -> AlignmentSettings {
    var settings = AlignmentSettings()
    change(&settings)
    return settings
  }

  @Test(arguments: [.epochs(7), .steps(9), .converged(maximumSteps: 11)] as [FitBudget])
  func readAndWritten(budget: FitBudget) throws {
    let written = settings { ($0.budget, $0.learningRate, $0.seed) = (budget, 0.5, 3) }
    let json = try JSONEncoder().encode(written)
    #expect(try JSONDecoder().decode(AlignmentSettings.self, from: json) == written)
  }

  /// Records of version 0.1 have the passes and a rate.
  @Test func settingsOfEarlierRecords() throws {
    let json = """
      {"batchSize": 128, "epochs": 24, "learningRate": 0.02, "patience": 24, "seed": 0,
       "validationShare": 0.15, "warmup": 0.1}
      """
    let read = try JSONDecoder().decode(AlignmentSettings.self, from: Data(json.utf8))
    #expect(read.budget == .epochs(24) && read.epochs == 24 && read.learningRate == 0.02)
  }

  @Test func epochsAsASetting() {
    var settings = AlignmentSettings()
    #expect(settings.epochs == nil && settings.budget == .standard)
    settings.epochs = 3
    #expect(settings.budget == .epochs(3) && settings.epochs == 3)
    settings.epochs = nil
    #expect(settings.budget == .standard)
  }

  /// 0.2 radians for a row of √width numbers that each move by the rate.
  @Test func rates() {
    #expect(AlignmentSettings().rate(width: 100) == 0.02)
    #expect(settings { $0.learningRate = 0.3 }.rate(width: 100) == 0.3)
  }

  private func course(_ budget: FitBudget, training: Int = 64, watched: Int = 8) -> FitCourse {
    FitCourse(
      settings { ($0.budget, $0.patience) = (budget, 2) }, training: training, watched: watched,
      rate: 0.1)
  }

  /// Passes are checked once each and end with patience; steps are all taken.
  @Test func givenBudgets() {
    var epochs = course(.epochs(5))
    #expect(epochs.steps == 10 && epochs.interval == 2)
    var steps = course(.steps(200))
    #expect(steps.steps == 200 && steps.interval == 10)
    #expect(course(.steps(5)).interval == 1)
    for loss in [3.0, 1, 1] {
      #expect(epochs.decide(after: loss, keeping: Tensor([1])) == .goesOn)
      #expect(steps.decide(after: loss, keeping: Tensor([1])) == .goesOn)
    }
    #expect(epochs.decide(after: 1, keeping: Tensor([1])) == .ends)
    #expect(steps.decide(after: 1, keeping: Tensor([1])) == .goesOn)
    // Both fall to 0 at the end.
    #expect(epochs.rate(at: 10) == 0 && steps.rate(at: 200) == 0 && steps.rate(at: 19) == 0.1)
  }

  /// Two checks that lower the loss by too little are a plateau: the first lowers the rate, the
  /// second is the end.
  @Test func untilConvergence() {
    var course = course(.converged(maximumSteps: 500))
    #expect(course.steps == 500 && course.interval == 10)
    #expect(course.rate(at: 0) == 0.01 && course.rate(at: 400) == 0.1)
    func decide(_ loss: Double, _ value: Float) -> FitCourse.Decision {
      course.decide(after: loss, keeping: Tensor([value]))
    }
    #expect(decide(4, 0) == .goesOn && decide(2, 1) == .goesOn)
    // 0.4 % is no progress, though the best is kept.
    #expect(decide(1.992, 2) == .goesOn && decide(1.993, 3) == .lowersRate)
    #expect(course.stopping.best?.elements == [2] && course.rate(at: 400) == 0.025)
    // Lower by 1 %: the count begins anew.
    #expect(decide(1.97, 4) == .goesOn && decide(3, 5) == .goesOn && decide(3, 6) == .ends)
    #expect(course.stopping.best?.elements == [4])
  }

  /// Many watched examples are looked at less often: a check costs a tenth of the steps before it.
  @Test func checksOfManyExamples() {
    #expect(course(.standard, training: 20_000, watched: 256).interval == 24)
  }

  @Test(
    arguments: [(7, 0), (8, 2), (14, 3), (32, 8), (45, 8), (100, 15), (20_000, 256)])
  func validationParts(count: Int, watched: Int) throws {
    // Seen in the fit's history.
    let signs = try TwoSigns()
    var search = signs.search(settings { $0.budget = .steps(1) })
    search.settings.validationShare = 0.15
    let fit = try search.fit(signs.model, on: TwoSigns.changingA(count, seed: 1))
    #expect(fit.fit?.validationPairs == watched && fit.fit?.trainingPairs == count - watched)
  }
}
