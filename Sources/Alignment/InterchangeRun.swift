import Interventions
import Models
import Tensors

/// Runs bases with an intervention at a site; the logits of each base's last position are the output.
struct InterchangeRun {
  let model: Model
  let store: ActivationStore
  let batchSize: Int

  /// The logits of some examples under an intervention: [indices.count, outputs].
  func logits(_ data: SiteExamples, _ indices: [Int], _ intervention: any Intervention) throws
    -> Tensor
  {
    let sources = (0..<intervention.sourceCount).map { data.rows(of: indices, source: $0) }
    let cells = Cells(data.site, positions: indices.map { data.positions[$0] })
    let edit = Edit(cells) { intervention($0, sources: sources) }
    return try model.run(
      .lastLogits(indices.map { data.examples[$0].base }, edits: [edit]), store: store
    ).logits!
  }

  /// How each example comes out under an intervention.
  func outcomes(_ data: SiteExamples, _ intervention: any Intervention) throws -> [Outcome] {
    guard intervention.sourceCount <= data.sourceRows.count else {
      throw AlignmentError.sourceMismatch(
        expected: intervention.sourceCount, found: data.sourceRows.count)
    }
    var outcomes: [Outcome] = []
    for start in stride(from: 0, to: data.count, by: batchSize) {
      let indices = Array(start..<min(start + batchSize, data.count))
      let logits = try logits(data, indices, intervention)
      for (row, index) in indices.enumerated() {
        outcomes.append(Outcome(logits.rowSlice(row..<row + 1), data.examples[index]))
      }
    }
    return outcomes
  }

  /// How each example comes out with no intervention, judged by the base's own label.
  func baseOutcomes(_ examples: [AlignmentExample]) throws -> [Outcome] {
    var outcomes: [Outcome] = []
    for start in stride(from: 0, to: examples.count, by: batchSize) {
      let part = examples[start..<min(start + batchSize, examples.count)]
      let logits = try model.run(.lastLogits(part.map(\.base)), store: store).logits!
      for (row, example) in part.enumerated() {
        var judged = example
        judged.label = example.baseLabel
        outcomes.append(Outcome(logits.rowSlice(row..<row + 1), judged))
      }
    }
    return outcomes
  }
}

/// How one example came out: the predicted output and how far the label is ahead.
struct Outcome {
  let isCorrect: Bool
  /// The label's logit minus the largest other answer's.
  let logitDifference: Double

  /// - Parameter logits: [1, outputs]
  init(_ logits: Tensor, _ example: AlignmentExample) {
    let rivals = logits.withElements { values in
      example.answers.isEmpty
        ? values.indices.lazy.filter { $0 != example.label }.map { values[$0] }.max()
        : example.answers.lazy.filter { $0 != example.label }.map { values[$0] }.max()
    }
    let difference = logits[0, example.label] - (rivals ?? -.infinity)
    isCorrect = difference > 0
    logitDifference = Double(difference)
  }
}
