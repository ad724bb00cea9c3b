import Foundation
import InterchangeAlignment
import InterchangeBasics
import InterchangeCausalModels
import InterchangeFineTuning
import InterchangeModels
import InterchangeTensors
import InterchangeTokenizers

extension TaskExamples {
  /// The examples whose bases have the most frequent length, so that positions mean the same in all.
  public var ofOneLength: [AlignmentExample] {
    let lengths = Dictionary(grouping: examples, by: \.base.length)
    let common = lengths.max { ($0.value.count, $1.key) < ($1.value.count, $0.key) }
    return common?.value ?? []
  }
}

extension LanguageModel {
  /// A label for each position of examples of one length: the part of the template that it belongs
  /// to, or the token where all examples have the same.
  public func positionLabels(_ examples: [AlignmentExample]) -> [String] {
    guard let first = examples.first else { return [] }
    return (0..<first.base.length).map { position in
      let spans = first.baseSpans.filter { name, range in
        range.contains(position)
          && examples.allSatisfy { $0.baseSpans[name]?.contains(position) ?? false }
      }
      let tokens = Set(examples.map { token(of: $0.base, at: position) })
      if tokens.count == 1, let token = tokens.first { return label(of: token) }
      return spans.keys.min().map { "‹\($0)›" } ?? label(of: token(of: first.base, at: position))
        + " …"
    }
  }

  private func token(of input: ModelInput, at position: Int) -> Int {
    input.tokenIDs?[position] ?? 0
  }

  /// Sweeps full-vector interchange over all layers and positions of a task's examples.
  ///
  /// - Parameter limit: how many pairs at most
  /// - Throws: `AlignmentError` or `ModelError`.
  public func sweep(
    _ data: TaskExamples, component: Component = .blockOutput, head: Int? = nil, layers: [Int]? = nil, limit: Int = 64,
    store: ActivationStore = ActivationStore(),
    progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> SweepRun {
    let examples = Array(data.ofOneLength.prefix(limit))
    let length = examples.first?.base.length ?? 0
    let sweep = InterchangeSweep(
      component: component, head: head, layers: layers ?? Array(0..<model.architecture.layers),
      positions: (0..<length).map { .index($0) })
    return SweepRun(
      task: data.task, variable: data.variable, check: data.check, positionLabels: positionLabels(examples),
      result: try sweep.run(model, on: examples, store: store, progress: progress))
  }
}

extension AdaptedModel {
  /// How often, of the answers compared, the model gives a chosen one after prompts.
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
