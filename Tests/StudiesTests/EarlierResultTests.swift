import Interchange
import Testing

/// The numbers in records of runs, by the kinds of results.
@Suite struct EarlierResultTests {
  @Test(arguments: ["sweep", "single-sweep"])
  func oneSweep(name: String) throws {
    let sweeps = try #require(try Earlier.record(name).results.sweeps)
    let sweep = try #require(sweeps.first)
    #expect(sweeps.count == 1)
    #expect(sweep.task == "agreement" && sweep.variable == "subjectNumber")
    #expect(sweep.check.kept == 43)
    #expect(sweep.positionLabels.count == 29 && sweep.positionLabels.last == "‹attractor›")
    #expect(sweep.result.component == "block_output" && sweep.result.head == nil)
    #expect(sweep.result.layers == [0, 1, 2])
    let cell = sweep.result.cells[1][27]
    #expect(cell.correct == 0 && cell.n == 8)
    #expect(cell.logitDifference == -2.435785196721554)
  }

  @Test func severalSweeps() throws {
    let sweeps = try #require(try Earlier.record("sweeps").results.sweeps)
    #expect(sweeps.map(\.result.head) == [0, 1, 2, 3])
    #expect(sweeps.allSatisfy { $0.result.component == "attention_value_output" })
    #expect(sweeps.map { $0.result.cells[2][26].logitDifference ?? 0 }.allSatisfy { $0 < -2.43 })
  }

  @Test func alignments() throws {
    let real = try #require(try Earlier.record("das").results.alignments?.first)
    #expect(real.task == "agreement" && real.disjoint == "nouns" && real.check?.kept == 24)
    #expect(real.report.site == "block_output 20 @ -1" && real.report.rank == 2)
    #expect(real.losses.count == 4 && real.report.finalLoss == 6.463598132133484)
    let tiny = try #require(try Earlier.record("das-tiny").results.alignments?.first)
    #expect(tiny.report.test.correct == 9 && tiny.report.test.n == 26)
    let kinds = ControlKind.allCases.filter { ![.rowSpace, .nullSpace].contains($0) }
    #expect(tiny.report.controls.map(\.name) == kinds.map(\.rawValue))
    #expect(tiny.report.control(.selfSwap)?.largestChange == 0)
    #expect(tiny.report.control(.fullVector)?.iia.correct == 24)
    let boundless = try #require(try Earlier.record("das-boundless").results.alignments?.first)
    #expect(boundless.report.rank == 272 && boundless.losses.count == 6)
    let examined = try #require(try Earlier.record("examine").results.alignments?.first)
    #expect(examined.report.site == "block_output 20 @ l1" && examined.losses.isEmpty)
    #expect(examined.report.control(.randomModel)?.iia.correct == 13)
  }

  @Test(arguments: ["demo", "equality"])
  func equality(name: String) throws {
    let equality = try #require(try Earlier.record(name).results.equality)
    #expect(equality.networkAccuracy.value == 0.999267578125)
    #expect(
      equality.lines.map { "\($0.variable) \($0.layer)" } == [
        "bothEqual 1", "bothEqual 2", "bothEqual 3", "leftEqual 1", "firstArgument 1",
      ])
    #expect(
      equality.lines.map(\.report.test.value) == [1, 0.998046875, 0.478515625, 1, 0.5048828125])
  }

  /// Several kinds of results in one record.
  @Test func demo() throws {
    let results = try Earlier.record("demo").results
    let alignments = try #require(results.alignments)
    #expect(alignments.map(\.report.rank) == [1, 2, 4, 8])
    #expect(alignments.map(\.report.test.correct) == [94, 93, 94, 95])
    let sweep = try #require(results.sweeps?.first)
    #expect(sweep.result.layers == Array(0..<30) && sweep.result.positions.count == 8)
    #expect(sweep.result.cells[20][4].correct == 19 && sweep.result.cells[20][4].n == 20)
    let tuning = try #require(results.fineTuning)
    #expect(tuning.method == "LoReFT, subspace fixed" && tuning.rank == 1)
    #expect(tuning.parameters == 577 && tuning.losses.count == 80)
    #expect(tuning.losses.last == 0.8902062773704529)
    #expect(tuning.effects.map(\.before.correct) == [2, 127, 128, 128, 128])
    #expect(tuning.effects.allSatisfy { $0.after.correct == 128 })
  }

  @Test func comparisons() throws {
    let compared = try #require(try Earlier.record("compare").results.comparisons?.first)
    #expect(compared.task == "verbs" && compared.trainCount == 13)
    #expect(compared.untuned?.loss == 5.262113571166992)
    #expect(compared.constant?.accuracy.correct == 2)
    #expect(compared.methods.map(\.name) == ["loreft:rank=2:positions=l1", "red"])
    #expect(compared.methods.map(\.parameters) == [198, 96])
    #expect(compared.methods[0].configuration.positions == Positions.last(1))
    #expect(
      compared.methods[1].seeds.map { $0.test?.loss } == [5.141911029815674, 5.11761474609375])
    let one = try #require(try Earlier.record("finetune").results.comparisons?.first)
    #expect(one.methods.count == 1 && one.methods[0].configuration.rank == 2)
    #expect(one.methods[0].settings.epochs == 3 && one.methods[0].settings.batchSize == 4)
    #expect(one.methods[0].seeds[0].history.losses.last == 4.254883289337158)
  }

  /// Equal numbers have no correlation.
  @Test func predictedNumbers() throws {
    let compared = try #require(try Earlier.record("finetune-numbers").results.comparisons?.first)
    let test = try #require(compared.methods[0].seeds[0].test)
    #expect(compared.untuned == nil)
    #expect(test.mode == .label && test.loss == 2.0173256397247314)
    #expect(test.score.values.map(\.metric) == [.pearson, .spearman])
    #expect(test.score.values.allSatisfy { $0.value == nil })
  }

  @Test func evaluation() throws {
    let found = try #require(try Earlier.record("evaluate").results.evaluation)
    #expect(found.task == "verbs" && found.mode == .choose)
    #expect(found.loss == 5.266361713409424 && found.score.accuracy.correct == 11)
    #expect(found.score.values.map(\.value) == [0.55, 0.4357366771159875])
  }

  @Test func steering() throws {
    let found = try #require(try Earlier.record("steer").results.steering)
    #expect(found.method == .differenceOfMeans && found.pairs == 4 && found.layers == [1, 2])
    #expect(found.coefficient == 4)
    #expect(found.summaries?.map(\.norm) == [2.324833980447553, 3.1499723320763016])
    #expect(found.summaries?.map(\.orderedPairs) == [1, 2])
    let given = try #require(try Earlier.record("steer-given").results.steering)
    #expect(given.method == nil && given.summaries == nil && given.coefficient == 1)
    for continuation in [found.continuation, given.continuation] {
      #expect(continuation?.before == "i9" && continuation?.after == "rererererere")
    }
  }

  @Test func search() throws {
    let search = try #require(try Earlier.record("tune").results.search)
    #expect(search.metric == "accuracy" && search.trainCount == 14)
    #expect(search.trials.count == 6 && search.trials.map(\.round).max() == 1)
    #expect(search.winner.choices.description == "lora:rank=1" && search.winner.steps == 18)
    #expect(search.winner.loss == 4.971746444702148)
  }

  @Test func attention() throws {
    let patterns = try #require(try Earlier.record("attention").results.attention)
    #expect(patterns.tokens == ["The", "␣keys", "␣to", "␣the", "␣cabinet"] && patterns.isCausal)
    #expect(patterns.heads.map(\.name) == ["8.0", "8.3"])
    #expect(patterns.heads[0].weights[1] == [0.91687423, 0.0831258, 0, 0, 0])
  }

  @Test func growth() throws {
    let growth = try #require(try Earlier.record("growth").results.growth)
    #expect(growth.model == "llama-gqa" && growth.batch == 2 && growth.rank == 4)
    #expect(growth.axes.map(\.name) == ["layer", "position", "batch", "rank", "width"])
    #expect(growth.axes.map(\.points.count) == [3, 7, 7, 3, 5])
    #expect(growth.axes.map { $0.points[0].rows } == [4, 2, 1, 2, 8])
  }
}
