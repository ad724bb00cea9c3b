import InterchangeAlignment
import InterchangeBasics
import InterchangeCausalModels
import InterchangeFineTuning
import InterchangeModels
import InterchangeTensors
import InterchangeTokenizers

extension AdaptedModel {
  /// The share of prompts after which the model gives a chosen one of the answers compared.
  ///
  /// - Parameter wanted: the answer that counts for a prompt
  /// - Throws: `AlignmentError/answerNotSingleToken(answer:tokens:)` or `ModelError`.
  public func share(
    of wanted: (Prompt) -> String, among answers: (Prompt) -> [String], after prompts: [Prompt]
  ) throws -> Accuracy {
    func token(_ answer: String) throws -> Int {
      let ids = base.tokenizer.encode(answer, addingSpecialTokens: false)
      guard ids.count == 1 else {
        throw AlignmentError.answerNotSingleToken(answer: answer, tokens: ids.count)
      }
      return ids[0]
    }
    var correct = 0
    for start in stride(from: 0, to: prompts.count, by: 32) {
      let part = Array(prompts[start..<min(start + 32, prompts.count)])
      let logits = try lastLogits(part.map { base.encode($0.text).ids })
      for (row, prompt) in part.enumerated() {
        let label = try token(wanted(prompt))
        let rivals = try answers(prompt).map(token).filter { $0 != label }
        if rivals.allSatisfy({ logits[row, label] > logits[row, $0] }) { correct += 1 }
      }
    }
    return Accuracy(correct: correct, n: prompts.count)
  }
}
