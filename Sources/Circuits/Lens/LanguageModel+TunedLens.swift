import InterchangeBasics
import InterchangeModels
import InterchangeTensors

extension LanguageModel {
  /// A tuned lens of this model, by weighted least squares from each layer's vectors to the last
  /// one's, whose lengths weigh nothing as the last norm takes them away.
  ///
  /// The published lens minimizes the divergence of the outputs by gradient; least squares has the
  /// same maps to choose from and takes seconds (Yom Din et al. 2023, arXiv 2303.09435). The ridge
  /// penalty of each layer is the one that does best on a fifth of the fitted texts, and distances
  /// are those of texts that are held out.
  ///
  /// - Parameters:
  ///   - texts: at least three
  ///   - progress: called with the number of steps that are done and of all
  /// - Throws: `CircuitError` for a model whose outputs aren't made of one position's row, for too
  ///   few texts or positions; `ModelError` for a text that is too long.
  public func fitTunedLens(
    on texts: [String], settings: TunedLensSettings = TunedLensSettings(),
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> (TunedLens, TunedLensFit) {
    try requireLens()
    let data = try LensData(texts, of: self, settings)
    let steps = 2 * layers
    var regressions: [(map: TunedLens.Translator, penalty: Double)] = []
    for stage in 0..<layers {
      regressions.append(try data.map(of: stage, penalties: settings.penalties))
      progress(stage + 1, steps)
    }
    let lens = TunedLens(translators: regressions.map(\.map))
    let readers = try (LogitLens().reader(in: self), lens.reader(in: self))
    let (held, last) = (data.heldOut, data.heldOut.stages[layers])
    var sums = (0..<layers).map { _ in
      (plain: DistanceSum(held.counts), tuned: DistanceSum(held.counts))
    }
    for start in stride(from: 0, to: last.rows, by: Self.lensRows) {
      let part = start..<min(start + Self.lensRows, last.rows)
      let own = LensOutputs(try readers.0(last.rowSlice(part), nil))
      for stage in 0..<layers {
        let rows = held.stages[stage].rowSlice(part)
        let layer = stage == 0 ? nil : stage - 1
        try sums[stage].plain.add(LensOutputs(try readers.0(rows, layer)), own)
        try sums[stage].tuned.add(LensOutputs(try readers.1(rows, layer)), own)
      }
      progress(layers + layers * part.upperBound / last.rows, steps)
    }
    return (
      lens,
      TunedLensFit(
        fitted: data.fitted.counts.count, fittedPositions: data.fitted.stages[0].rows,
        heldOut: held.counts.count, heldOutPositions: last.rows, skipped: settings.skipped,
        rows: zip(sums, regressions).enumerated().map { stage, found in
          TunedLensFit.Row(
            layer: stage == 0 ? nil : stage - 1, plain: found.0.plain.distance,
            tuned: found.0.tuned.distance, penalty: found.1.penalty)
        })
    )
  }
}

/// The vectors of texts at every stage of the stream.
private struct LensData {
  struct Part {
    /// The number of positions of each text.
    var counts: [Int] = []
    /// The embeddings, then the vectors after each block: [positions, width] each.
    var stages: [Tensor] = []
  }

  var fitted = Part()
  var heldOut = Part()

  init(_ texts: [String], of model: LanguageModel, _ settings: TunedLensSettings) throws {
    guard (0.01...0.9).contains(settings.heldOutShare) else {
      throw CircuitError.invalidSetting(
        name: "heldOutShare", expected: "a share from 0.01 to 0.9",
        found: "\(settings.heldOutShare)")
    }
    guard settings.penalties.allSatisfy({ $0 > 0 && $0.isFinite }), !settings.penalties.isEmpty
    else {
      throw CircuitError.invalidSetting(
        name: "penalties", expected: "numbers above 0", found: "\(settings.penalties)")
    }
    var generator = RandomGenerator(seed: settings.seed)
    let order = texts.shuffled(using: &generator)
    let count = max(1, Int((Double(order.count) * settings.heldOutShare).rounded()))
    guard order.count - count >= 2 else {
      throw CircuitError.noExamples(
        reason: "a tuned lens needs at least two texts to fit and others to be measured on; found "
          + "\(order.count) in all")
    }
    let stages = Double(model.layers + 1)
    try requireMemory(
      4 * stages * Double(model.architecture.width)
        * Double(settings.positions + settings.heldOutPositions),
      for: "the vectors of \(settings.positions) positions in \(model.layers) layers")
    heldOut = try Self.part(order.prefix(count), settings.heldOutPositions, model, settings)
    fitted = try Self.part(order.dropFirst(count), settings.positions, model, settings)
    guard fitted.counts.count >= 2 else {
      throw CircuitError.noExamples(
        reason: "a tuned lens needs positions of at least two texts to fit; found those of "
          + "\(fitted.counts.count) in the first \(settings.positions)")
    }
  }

  /// The vectors of the first texts that have a number of positions together.
  private static func part(
    _ texts: some Sequence<String>, _ limit: Int, _ model: LanguageModel,
    _ settings: TunedLensSettings
  ) throws -> Part {
    var part = Part()
    var stages = [[Tensor]](repeating: [], count: model.layers + 1)
    var left = limit
    for text in texts where left > 0 {
      let encoded = model.encode(text)
      let places = Array((settings.skipped..<max(settings.skipped, encoded.length)).prefix(left))
      guard !places.isEmpty else { continue }
      var request = Request([encoded.input])
      request.captures =
        [Cells(.blockInput, layer: 0, positions: [places])]
        + (0..<model.layers).map { Cells(.blockOutput, layer: $0, positions: [places]) }
      for (stage, rows) in try model.run(request).captures.enumerated() {
        stages[stage].append(rows.detached)
      }
      part.counts.append(places.count)
      left -= places.count
    }
    guard !part.counts.isEmpty else {
      throw CircuitError.noExamples(
        reason: "no text is longer than the \(settings.skipped) positions that are left out")
    }
    part.stages = stages.map(Tensor.concatenatingRows)
    return part
  }

  /// The map of a stage, with the penalty that does best on the last fifth of the fitted texts.
  func map(
    of stage: Int, penalties: [Double]
  ) throws -> (map: TunedLens.Translator, penalty: Double) {
    let (x, y) = (fitted.stages[stage], fitted.stages[fitted.stages.count - 1])
    let weights = Self.weights(y)
    let texts = max(1, fitted.counts.count * 4 / 5)
    let bound = fitted.counts.prefix(texts).reduce(0, +)
    func part(_ range: Range<Int>) -> (x: Tensor, y: Tensor, weights: Tensor) {
      let chosen = Array(weights[range])
      let sum = chosen.reduce(0, +)
      return (x.rowSlice(range), y.rowSlice(range), Tensor(chosen.map { Float($0 / sum) }))
    }
    let (train, check) = (part(0..<bound), part(bound..<x.rows))
    let trial = try RidgeRegression(train.x, train.y, weights: train.weights)
    let errors = penalties.map { penalty in
      let rest = trial.map(penalty: penalty)(check.x) - check.y
      return Double((rest * rest).scalingRows(by: check.weights).sum().scalar)
    }
    let best = errors.indices.min { errors[$0] < errors[$1] }!
    guard errors[best].isFinite else {
      throw CircuitError.notFinite(place: "the tuned lens's fit of stage \(stage)")
    }
    let all = part(0..<x.rows)
    let map = try RidgeRegression(all.x, all.y, weights: all.weights).map(penalty: penalties[best])
    return (map, penalties[best])
  }

  /// One over the square of each row's length.
  private static func weights(_ rows: Tensor) -> [Double] {
    rows.withElements { elements in
      (0..<rows.rows).map { row in
        let squares = elements[row * rows.width..<(row + 1) * rows.width]
          .reduce(0) { $0 + Double($1) * Double($1) }
        return squares > 0 ? 1 / squares : 0
      }
    }
  }
}

/// The distances of some rows' outputs from the model's own, text by text.
private struct DistanceSum {
  private let counts: [Int]
  private var divergences: [Double] = []
  private var agreeing = 0

  init(_ counts: [Int]) { self.counts = counts }

  mutating func add(_ outputs: LensOutputs, _ own: LensOutputs) throws {
    for row in 0..<outputs.logits.rows {
      let cell = try outputs.cell(row, of: own, answer: nil, top: 1, label: { _ in "" })
      divergences.append(cell.divergence)
    }
    agreeing += zip(outputs.logits.rowMaxima(), own.logits.rowMaxima()).count { $0 == $1 }
  }

  /// The mean over positions, its error from the means of texts.
  var distance: TunedLensFit.Distance {
    let mean = divergences.reduce(0, +) / Double(divergences.count)
    var start = 0
    // Texts count by their positions: the deviation of a ratio.
    let rests = counts.map { count in
      defer { start += count }
      return divergences[start..<start + count].reduce(0) { $0 + $1 - mean }
    }
    let n = Double(counts.count)
    let size = Double(divergences.count) / n
    let error =
      n > 1 ? (rests.reduce(0) { $0 + $1 * $1 } / (n - 1) / n).squareRoot() / size : 0
    return TunedLensFit.Distance(
      divergence: mean, error: error,
      agreement: Accuracy(correct: agreeing, n: divergences.count))
  }
}
