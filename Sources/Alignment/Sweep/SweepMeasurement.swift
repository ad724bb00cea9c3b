import InterchangeModels
import InterchangeTensors

/// One interchange's outcome: the compared answers', and a sample for each further metric.
struct SwapOutcome: Equatable {
  let outcome: Outcome
  /// A sample for each metric but the accuracy; nil where the example says nothing of it.
  let samples: [MetricSample?]
}

/// The metrics of a sweep, and the outputs that have to be computed for them.
struct SweepMeasurement {
  /// The metrics beside the accuracy.
  let metrics: [any OutputMetric]
  /// The outputs that are computed, rising; nil for all.
  let outputs: [Int]?
  private let columns: [Int: Int]
  private let outputCount: Int

  /// - Throws: ``AlignmentError`` when a metric can't be taken of these examples or outputs.
  init(
    _ metrics: [any OutputMetric], of examples: [AlignmentExample], on model: Model
  ) throws {
    self.metrics = metrics.filter { !$0.isAccuracy }
    let shape = model.architecture.shape
    outputCount = shape.outputs
    for metric in self.metrics {
      guard !metric.readsProbabilities || shape.outputKind == .exclusive else {
        throw AlignmentError.invalidSetting(
          name: "metric",
          expected:
            "one that needs no probabilities: of this model's outputs not just one is right",
          found: metric.name)
      }
      guard examples.contains(where: metric.counts) else {
        throw AlignmentError.noExamples(
          reason: "\(metric.name): the label is the base's own answer in every pair")
      }
    }
    guard !self.metrics.contains(where: \.readsProbabilities),
      examples.allSatisfy({ !$0.answers.isEmpty })
    else {
      (outputs, columns) = (nil, [:])
      return
    }
    // The base's own answer is read by metrics only.
    let own = self.metrics.isEmpty ? [] : examples.map(\.baseLabel)
    let wanted = Set(examples.flatMap { $0.answers + [$0.label] } + own).sorted()
    outputs = wanted
    columns = Dictionary(uniqueKeysWithValues: wanted.enumerated().map { ($1, $0) })
  }

  var readsUnpatched: Bool { metrics.contains(where: \.readsUnpatched) }

  /// Rows of outputs in one run, so that they are no more than 2²³ numbers.
  var mostRows: Int { max(1, (1 << 23) / max(1, outputs?.count ?? outputCount)) }

  /// The outputs of inputs without a swap.
  func rows(of inputs: [ModelInput], _ run: InterchangeRun) throws -> [OutputRow] {
    rows(try run.model.run(run.model.measuring(inputs, outputs: outputs)).logits!)
  }

  /// Rows as metrics read them; none where there is no metric.
  ///
  /// - Parameter logits: [inputs, outputs]
  func rows(_ logits: Tensor) -> [OutputRow] {
    guard !metrics.isEmpty else { return [] }
    let width = logits.shape[1]
    let values = logits.elements
    let logarithms =
      metrics.contains(where: \.readsProbabilities) ? logits.logSoftmax().elements : []
    return (0..<logits.shape[0]).map { row in
      let range = row * width..<(row + 1) * width
      return OutputRow(
        logits: Array(values[range]),
        logProbabilities: logarithms.isEmpty ? [] : Array(logarithms[range]))
    }
  }

  /// - Parameters:
  ///   - logits: the patched output, [1, outputs]
  ///   - row: the same for metrics; nil where there is none
  func outcome(
    _ logits: Tensor, _ row: OutputRow?, _ example: AlignmentExample, base: OutputRow?,
    source: OutputRow?
  ) -> SwapOutcome {
    func column(_ output: Int) -> Int { outputs == nil ? output : columns[output]! }
    let (label, answers) = (column(example.label), example.answers.map(column))
    let outcome = Outcome(logits, label: label, answers: answers)
    guard let row else { return SwapOutcome(outcome: outcome, samples: []) }
    let pair = SwapOutputs(
      patched: row, base: base, source: source, label: label, baseLabel: column(example.baseLabel),
      answers: answers)
    return SwapOutcome(
      outcome: outcome,
      samples: metrics.map { $0.counts(example) ? $0.sample(pair) : nil })
  }

  /// The maps of all metrics but the accuracy.
  ///
  /// - Parameter cells: the outcomes by [layer][position]
  func maps(_ cells: [[[SwapOutcome]]]) -> [MetricMap] {
    metrics.enumerated().map { index, metric in
      MetricMap(
        metric,
        cells: cells.map { row in
          row.map { outcomes in MetricValue(outcomes.compactMap { $0.samples[index] }) }
        })
    }
  }
}
