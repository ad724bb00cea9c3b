import InterchangeAlignment
import InterchangeBasics
import InterchangeCausalModels
import InterchangeFineTuning
import InterchangeModels
import InterchangeTensors

extension AdaptedModel {
  /// The share of prompts after which the model gives a chosen one of the answers compared.
  ///
  /// - Parameter wanted: the answer that counts for a prompt
  /// - Throws: `AlignmentError/answerNotSingleToken(answer:tokens:)` or `ModelError`.
  public func share(
    of wanted: (Prompt) -> String, among answers: (Prompt) -> [String], after prompts: [Prompt]
  ) throws -> Accuracy {
    var correct = 0
    for start in stride(from: 0, to: prompts.count, by: 32) {
      let part = Array(prompts[start..<min(start + 32, prompts.count)])
      let logits = try lastLogits(part.map { base.encode($0.text).ids })
      for (row, prompt) in part.enumerated() {
        let tokens = try base.answerTokens([wanted(prompt)] + answers(prompt), after: prompt.text)
        let label = tokens[0]
        let rivals = tokens.dropFirst().filter { $0 != label }
        if rivals.allSatisfy({ logits[row, label] > logits[row, $0] }) { correct += 1 }
      }
    }
    return Accuracy(correct: correct, n: prompts.count)
  }
}
