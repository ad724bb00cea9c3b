import InterchangeAlignment
import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import Testing

/// A fit whose base runs don't fit into memory together: slower, with the same numbers.
@Suite struct BudgetedFitTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let model: String
    let site: Site

    var testDescription: String { "\(model), \(site)" }

    static let all = [
      Case(model: "llama-gqa", site: .blockOutput(0, .last)),
      Case(model: "llama-gqa", site: .blockOutput(1, .index(1))),
      Case(model: "llama-mha", site: Site(.valueOutput, layer: 1, head: 1, .all)),
      Case(model: "llama-bias", site: .mlpOutput(0, .index(-2))),
    ]
  }

  private func search(_ site: Site, batchSize: Int = 8) -> DistributedAlignmentSearch {
    var settings = AlignmentSettings()
    (settings.epochs, settings.batchSize, settings.learningRate) = (4, batchSize, 0.02)
    return DistributedAlignmentSearch(site: site, dimensions: 2, settings: settings)
  }

  /// Equal but for float32's rounding, a hundredfold: products sum in another order when another
  /// number of inputs is missing at a time.
  private func expectSame(
    _ found: [Double], _ expected: [Double], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(found.count == expected.count, sourceLocation: sourceLocation)
    let largest = zip(found, expected).reduce(0) { worst, pair in
      let error = abs(pair.0 - pair.1) / max(1, abs(pair.1))
      return error.isNaN ? .infinity : max(worst, error)
    }
    #expect(largest < 1e-5, sourceLocation: sourceLocation)
  }

  /// - Parameter batchSize: base runs of 5 inputs take the products for few rows, 16 those for many
  @Test(arguments: Case.all, [5, 16])
  func aQuarterOfTheMemoryGivesTheSameLosses(_ fit: Case, batchSize: Int) throws {
    let model = try TinyModels.model(fit.model)
    let (train, test) = (TinyModels.examples(96, seed: 1), TinyModels.examples(32, seed: 2))
    let search = search(fit.site, batchSize: batchSize)
    let large = ActivationStore(for: [fit.site])
    let exact = try search.fit(model, on: train, store: large)
    let inputs = Set(train.flatMap { [$0.base] + $0.sources })
    // Every base run was made once, and is still there.
    #expect(large.computed == inputs.count)

    let small = ActivationStore(for: [fit.site], budget: large.byteCount / 4)
    var largest = 0
    let budgeted = try search.fit(model, on: train, store: small) { _ in
      largest = max(largest, small.byteCount)
    }
    #expect(largest <= small.budget && largest > small.budget / 2)
    #expect(small.computed > 2 * large.computed)
    expectSame(budgeted.losses, exact.losses)
    for (a, b) in zip(budgeted.rotation.frame.elements, exact.rotation.frame.elements) {
      #expect(abs(a - b) < 1e-4)
    }

    let (expected, found) = (try exact.evaluate(on: test), try budgeted.evaluate(on: test))
    #expect(small.byteCount <= small.budget)
    #expect(found.test.value == expected.test.value)
    let leads = [found, expected].map { $0.test.logitDifference ?? .nan }
    #expect(abs(leads[0] - leads[1]) < 1e-4)
    for (found, expected) in zip(found.controls, expected.controls) {
      #expect(found.iia.value == expected.iia.value, "\(found.name)")
    }
    #expect(found.control(.selfSwap)?.largestChange == 0)
  }

  @Test func boundlessWithinABudget() throws {
    let model = try TinyModels.model("llama-gqa")
    let site = Site.blockOutput(0, .last)
    var settings = search(site).settings
    settings.epochs = 2
    let search = DistributedAlignmentSearch(
      site: site, boundary: LearnedBoundary(), selection: nil, settings: settings)
    let train = TinyModels.examples(64, seed: 1)
    let large = ActivationStore(for: [site])
    let exact = try search.fit(model, on: train, store: large)
    let small = ActivationStore(for: [site], budget: large.byteCount / 4)
    let budgeted = try search.fit(model, on: train, store: small) { _ in
      #expect(small.byteCount <= small.budget)
    }
    #expect(small.computed > large.computed)
    expectSame(budgeted.losses, exact.losses)
    #expect(budgeted.rotation.rank == exact.rotation.rank)
  }

  /// Half the memory; the losses move by what bfloat16 rounds away.
  @Test(arguments: Case.all)
  func bfloat16(_ fit: Case) throws {
    let model = try TinyModels.model(fit.model)
    let train = TinyModels.examples(48, seed: 1)
    let stores = ActivationStore.Precision.allCases.map {
      ActivationStore(for: [fit.site], precision: $0)
    }
    let fits = try stores.map { try search(fit.site).fit(model, on: train, store: $0) }
    #expect(stores.map(\.precision) == [.float32, .bfloat16])
    #expect(2 * stores[1].byteCount == stores[0].byteCount)
    #expect(fits[0].losses.count == fits[1].losses.count)
    let largest = zip(fits[0].losses, fits[1].losses).reduce(0) { max($0, abs($1.0 - $1.1)) }
    // Rows keep 8 significant bits, so logits of size 1 move by some 2⁻⁸; losses are means of
    // eight.
    #expect(largest > 0 && largest < 0.02)
  }

  /// The same budget in bfloat16 holds twice as many base runs: here all bases, once the sources
  /// are read.
  @Test func bfloat16RecomputesLess() throws {
    let model = try TinyModels.model("llama-gqa")
    let site = Site.blockOutput(0, .last)
    let train = TinyModels.examples(64, seed: 1)
    let probe = ActivationStore(for: [site])
    _ = try search(site).fit(model, on: train, store: probe)
    let stores = try ActivationStore.Precision.allCases.map { precision in
      let store = ActivationStore(
        for: [site], budget: probe.byteCount / 4, precision: precision)
      _ = try search(site).fit(model, on: train, store: store)
      return store
    }
    #expect(stores[0].computed > probe.computed && stores[1].computed == probe.computed)
    #expect(stores[1].byteCount <= stores[1].budget)
  }

  /// A budget below the need of one batch is refused in one line that names the need.
  @Test func aBudgetBelowOneBatch() throws {
    let model = try TinyModels.model("llama-gqa")
    let store = ActivationStore(budget: 2000)
    let message = line {
      _ = try search(.blockOutput(0, .last)).fit(
        model, on: TinyModels.examples(48, seed: 1), store: store)
    }
    #expect(message?.hasPrefix("activation memory: the base runs of one batch need") == true)
    #expect(message?.contains("\n") == false)
    #expect(store.byteCount <= store.budget)
  }
}
