import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

extension InterchangeRun {
  /// The outcomes of some examples whose bases are swapped with themselves, and the largest change
  /// of a logit, which must be 0.
  ///
  /// - Parameters:
  ///   - data: the examples at each site
  ///   - interventions: one at each site
  ///   - indices: of the examples
  func selfSwap(
    _ data: [SiteExamples], _ interventions: [any Intervention], _ indices: [Int]
  ) throws -> (outcomes: [Outcome], largestChange: Float) {
    var largest: Float = 0
    var outcomes: [Outcome] = []
    for batch in indices.chunked(batchSize) {
      let inputs = batch.map { data[0].examples[$0].base }
      func logits(_ transform: @escaping (Int, Tensor) -> Tensor) throws -> Tensor {
        let edits = data.enumerated().map { part, data in
          Edit(Cells(data.site, positions: batch.map { data.positions[$0] })) {
            transform(part, $0)
          }
        }
        return try model.run(model.measuring(inputs, edits: edits), store: store).logits!
      }
      let plain = try logits { $1 }
      let swapped = try logits { part, base in
        let intervention = interventions[part]
        return intervention(
          base, sources: Array(repeating: base, count: intervention.sourceCount))
      }
      for (row, index) in batch.enumerated() {
        let example = data[0].examples[index]
        outcomes.append(
          Outcome(
            swapped.rowSlice(row..<row + 1), label: example.label, answers: example.answers))
      }
      largest = max(largest, (swapped - plain).elements.map(abs).max() ?? 0)
    }
    return (outcomes, largest)
  }
}
