import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// Runs bases with an intervention at a site; the logits of each base's output position are the
/// output.
struct InterchangeRun {
  let model: Model
  let store: ActivationStore
  let batchSize: Int

  /// The bases of some examples with an intervention at the site.
  private func request(
    _ data: SiteExamples, _ indices: [Int], _ intervention: any Intervention
  ) -> Request {
    let sources = (0..<intervention.sourceCount).map { data.rows(of: indices, source: $0) }
    let cells = Cells(data.site, positions: indices.map { data.positions[$0] })
    let edit = Edit(cells) { intervention($0, sources: sources) }
    return model.measuring(indices.map { data.examples[$0].base }, edits: [edit])
  }

  /// The mean cross-entropy of the labels under an intervention, as a scalar.
  func loss(
    _ data: SiteExamples, _ indices: [Int], _ intervention: any Intervention
  ) throws -> Tensor {
    var request = request(data, indices, intervention)
    request.targets = indices.map { data.examples[$0].label }
    return try model.run(request, store: store).loss!
  }

  /// The outcome of each example under an intervention.
  func outcomes(_ data: SiteExamples, _ intervention: any Intervention) throws -> [Outcome] {
    guard intervention.sourceCount <= data.sourceRows.count else {
      throw AlignmentError.sourceMismatch(
        expected: intervention.sourceCount, found: data.sourceRows.count)
    }
    return try Array(0..<data.count).chunked(batchSize).flatMap { indices in
      let examples = indices.map { data.examples[$0] }
      let compared = ComparedOutputs(examples)
      var request = request(data, indices, intervention)
      request.outputs = compared.outputs
      let logits = try model.run(request, store: store).logits!
      return compared.outcomes(logits, examples)
    }
  }

  /// The outcome of each example with no intervention, judged by the base's own label.
  func baseOutcomes(_ examples: [AlignmentExample]) throws -> [Outcome] {
    try examples.chunked(batchSize).flatMap { part in
      let judged = part.map { example in
        var judged = example
        judged.label = example.baseLabel
        return judged
      }
      let compared = ComparedOutputs(judged)
      let logits = try model.run(
        model.measuring(part.map(\.base), outputs: compared.outputs), store: store
      ).logits!
      return compared.outcomes(logits, judged)
    }
  }
}

/// The outputs that a batch of examples compares: the vocabulary's other logits needn't be
/// computed.
private struct ComparedOutputs {
  /// Rising; nil when an example compares all outputs.
  let outputs: [Int]?
  private let columns: [Int: Int]

  init(_ examples: [AlignmentExample]) {
    guard examples.allSatisfy({ !$0.answers.isEmpty }) else {
      (outputs, columns) = (nil, [:])
      return
    }
    let wanted = Set(examples.flatMap { $0.answers + [$0.label] }).sorted()
    outputs = wanted
    columns = Dictionary(uniqueKeysWithValues: wanted.enumerated().map { ($1, $0) })
  }

  /// - Parameter logits: [examples.count, outputs]
  func outcomes(_ logits: Tensor, _ examples: [AlignmentExample]) -> [Outcome] {
    examples.enumerated().map { row, example in
      func column(_ output: Int) -> Int { outputs == nil ? output : columns[output]! }
      return Outcome(
        logits.rowSlice(row..<row + 1), label: column(example.label),
        answers: example.answers.map(column))
    }
  }
}

/// The outcome of one example: the predicted output and the label's lead.
struct Outcome {
  let isCorrect: Bool
  /// The label's logit minus the largest other answer's.
  let logitDifference: Double

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
