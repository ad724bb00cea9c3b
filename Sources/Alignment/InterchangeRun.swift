import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// An intervention with the examples of its site.
struct PlacedSwap {
  let data: SiteExamples
  let intervention: any Intervention

  init(_ data: SiteExamples, _ intervention: any Intervention) {
    (self.data, self.intervention) = (data, intervention)
  }
}

/// Runs bases with an intervention at a site; the logits of each base's output position are the
/// output.
struct InterchangeRun {
  let model: Model
  let store: ActivationStore
  let batchSize: Int

  /// The bases of some examples with an intervention at each of some sites.
  func request(_ parts: [PlacedSwap], _ indices: [Int]) -> Request {
    let edits = parts.map { part in
      let (data, intervention) = (part.data, part.intervention)
      let sources = (0..<intervention.sourceCount).map { data.rows(of: indices, source: $0) }
      let cells = Cells(data.site, positions: indices.map { data.positions[$0] })
      return Edit(cells) { intervention($0, sources: sources) }
    }
    return model.measuring(indices.map { parts[0].data.examples[$0].base }, edits: edits)
  }

  /// The mean cross-entropy of the labels under an intervention, as a scalar.
  func loss(
    _ data: SiteExamples, _ indices: [Int], _ intervention: any Intervention
  ) throws -> Tensor {
    try loss([PlacedSwap(data, intervention)], indices)
  }

  /// The mean cross-entropy of the labels under interventions at some sites, as a scalar.
  func loss(_ parts: [PlacedSwap], _ indices: [Int]) throws -> Tensor {
    var request = request(parts, indices)
    request.targets = indices.map { parts[0].data.examples[$0].label }
    return try model.run(request, store: store).loss!
  }

  /// The outcome of each example under an intervention.
  func outcomes(_ data: SiteExamples, _ intervention: any Intervention) throws -> [Outcome] {
    try outcomes([PlacedSwap(data, intervention)], Array(0..<data.count))
  }

  /// The outcome of each of some examples under an intervention.
  func outcomes(
    _ data: SiteExamples, _ indices: [Int], _ intervention: any Intervention
  ) throws -> [Outcome] {
    try outcomes([PlacedSwap(data, intervention)], indices)
  }

  /// The outcome of each of some examples under interventions at some sites.
  func outcomes(_ parts: [PlacedSwap], _ indices: [Int]) throws -> [Outcome] {
    for part in parts where part.intervention.sourceCount > part.data.sourceRows.count {
      throw AlignmentError.sourceMismatch(
        expected: part.intervention.sourceCount, found: part.data.sourceRows.count)
    }
    return try indices.chunked(batchSize).flatMap { indices in
      let examples = indices.map { parts[0].data.examples[$0] }
      let compared = ComparedOutputs(examples.map(\.judged))
      var request = request(parts, indices)
      request.outputs = compared.outputs
      let logits = try model.run(request, store: store).logits!
      return compared.outcomes(logits, examples.map(\.judged))
    }
  }

  /// The outputs of all examples under interventions at some sites, in one run: [examples,
  /// outputs].
  ///
  /// - Parameter outputs: those that are computed; nil for all
  func logits(_ parts: [PlacedSwap], outputs: [Int]?) throws -> Tensor {
    var request = request(parts, Array(0..<parts[0].data.count))
    request.outputs = outputs
    return try model.run(request, store: store).logits!
  }

  /// The outcomes of inputs without any intervention.
  ///
  /// - Parameter answers: of each input
  func outcomes(of inputs: [ModelInput], answers: [ComparedAnswers]) throws -> [Outcome] {
    try Array(inputs.indices).chunked(batchSize).flatMap { part in
      let judged = part.map { answers[$0] }
      let compared = ComparedOutputs(judged)
      let logits = try model.run(
        model.measuring(part.map { inputs[$0] }, outputs: compared.outputs), store: store
      ).logits!
      return compared.outcomes(logits, judged)
    }
  }
}

extension InterchangeRun {
  /// The output of each input that the model prefers among some answers.
  func preferred(of inputs: [ModelInput], among answers: [[Int]]) throws -> [Int] {
    try Array(inputs.indices).chunked(batchSize).flatMap { part in
      let logits = try model.run(model.measuring(part.map { inputs[$0] }), store: store).logits!
      return part.enumerated().map { row, index in
        answers[index].max { logits[row, $0] < logits[row, $1] } ?? answers[index][0]
      }
    }
  }
}

/// Answers that are compared: the right output and its rivals.
struct ComparedAnswers {
  /// The right output.
  let label: Int
  /// The outputs that are compared; empty for all.
  let answers: [Int]
}

extension AlignmentExample {
  /// The answers that judge its output under the interchange.
  var judged: ComparedAnswers { ComparedAnswers(label: label, answers: answers) }
}

/// The outputs that a batch of inputs compares: the vocabulary's other logits needn't be computed.
private struct ComparedOutputs {
  /// Rising; nil when an input compares all outputs.
  let outputs: [Int]?
  private let columns: [Int: Int]

  init(_ judged: [ComparedAnswers]) {
    guard judged.allSatisfy({ !$0.answers.isEmpty }) else {
      (outputs, columns) = (nil, [:])
      return
    }
    let wanted = Set(judged.flatMap { $0.answers + [$0.label] }).sorted()
    outputs = wanted
    columns = Dictionary(uniqueKeysWithValues: wanted.enumerated().map { ($1, $0) })
  }

  /// - Parameter logits: [inputs, outputs]
  func outcomes(_ logits: Tensor, _ judged: [ComparedAnswers]) -> [Outcome] {
    judged.enumerated().map { row, judged in
      func column(_ output: Int) -> Int { outputs == nil ? output : columns[output]! }
      return Outcome(
        logits.rowSlice(row..<row + 1), label: column(judged.label),
        answers: judged.answers.map(column))
    }
  }
}

/// The outcome of one example: the predicted output and how far the label is ahead.
struct Outcome: Equatable {
  let isCorrect: Bool
  /// The label's logit minus the largest other answer's.
  let logitDifference: Double

  init(isCorrect: Bool, logitDifference: Double) {
    (self.isCorrect, self.logitDifference) = (isCorrect, logitDifference)
  }

  /// - Parameters:
  ///   - logits: [1, outputs]
  ///   - label: the right output's column
  ///   - answers: the columns that are compared; empty for all
  init(_ logits: Tensor, label: Int, answers: [Int]) {
    let rivals = logits.withElements { values in
      (answers.isEmpty ? Array(values.indices) : answers).lazy.filter { $0 != label }
        .map { values[$0] }.max()
    }
    let difference = logits[0, label] - (rivals ?? -.infinity)
    isCorrect = difference > 0
    logitDifference = Double(difference)
  }
}

extension Accuracy {
  /// The share of outcomes that are right, with their mean logit difference.
  init(_ outcomes: [Outcome]) {
    self.init(
      correct: outcomes.count { $0.isCorrect }, n: outcomes.count,
      logitDifference: outcomes.reduce(0) { $0 + $1.logitDifference } / Double(outcomes.count))
  }
}
