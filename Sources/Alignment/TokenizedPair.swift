import Foundation
import InterchangeBasics
import InterchangeCausalModels
import InterchangeModels
import InterchangeTokenizers

/// A pair of texts as a model reads it.
struct TokenizedPair {
  var example: AlignmentExample
  let text: String
  /// The base's own answer; nil where only the model knows it.
  let baseAnswer: ComparedAnswers?
  /// Each source's own answer; nil where only the model knows it.
  let sourceAnswers: [ComparedAnswers?]
  /// Whether base and sources have the same number of tokens.
  let isAligned: Bool

  init(_ pair: TextPair, _ model: LanguageModel) throws {
    func spans(_ spanned: SpannedText, _ text: EncodedText) -> [String: Range<Int>] {
      spanned.spans.mapValues { text.tokens(in: $0) }
    }
    let base = model.encode(pair.base.text)
    let sources = pair.sources.map { model.encode($0.text) }
    let own = pair.baseAnswer ?? pair.label
    let (answers, found) = try Self.tokens(
      pair.answers, [pair.label, own], after: pair.base.text, model)
    let (label, baseLabel) = (found[0], found[1])
    example = AlignmentExample(
      base: base.input, sources: sources.map(\.input), baseSpans: spans(pair.base, base),
      sourceSpans: zip(pair.sources, sources).map(spans), label: label, answers: answers,
      baseLabel: baseLabel)
    baseAnswer = pair.baseAnswer.map { _ in ComparedAnswers(label: baseLabel, answers: answers) }
    sourceAnswers = try zip(pair.sources, pair.sourceAnswers).map { source, answer in
      guard let answer else { return nil }
      let (answers, found) = try Self.tokens(pair.answers, [answer], after: source.text, model)
      return ComparedAnswers(
        label: found[0], answers: answers.contains(found[0]) ? answers : answers + found)
    }
    text = pair.base.text
    isAligned = sources.allSatisfy { $0.length == base.length }
  }

  /// The tokens of the answers that are compared and of a pair's own; others' answers that aren't
  /// single tokens aren't compared.
  private static func tokens(
    _ answers: [String], _ own: [String], after text: String, _ model: LanguageModel
  ) throws -> (answers: [Int], own: [Int]) {
    if let all = try? model.answerTokens(answers + own, after: text) {
      return (Array(all.prefix(answers.count)), Array(all.dropFirst(answers.count)))
    }
    let found = try model.answerTokens(own, after: text)
    let others = answers.compactMap { try? model.answerTokens([$0], after: text)[0] }
    return (others.count > 1 ? others : Array(Set(found)).sorted(), found)
  }

  /// The pairs whose answers are single tokens.
  ///
  /// - Throws: the fault of the first pair's answer when no pair remains.
  static func all(_ pairs: [TextPair], _ model: LanguageModel) throws -> [TokenizedPair] {
    var fault: AlignmentError?
    let encoded = try pairs.compactMap { pair in
      do {
        return try TokenizedPair(pair, model)
      } catch let error as AlignmentError {
        fault = fault ?? error
        return nil
      }
    }
    if encoded.isEmpty, let fault { throw fault }
    return encoded
  }

  /// The pairs that have the places that are swapped, and the fault of the first that hasn't.
  static func placed(
    _ pairs: [TokenizedPair], _ places: PairPlaces
  ) -> (pairs: [TokenizedPair], fault: (any Error)?) {
    var fault: (any Error)?
    let placed = pairs.compactMap { pair -> TokenizedPair? in
      do {
        var pair = pair
        pair.example = try pair.example.naming(places)
        return pair
      } catch {
        fault = fault ?? error
        return nil
      }
    }
    return (placed, fault)
  }
}

/// Pairs whose base and sources the model answers as it should, and how often it does.
struct JudgedPairs {
  private(set) var kept: [TokenizedPair] = []
  /// Nil where nothing says what the model should answer.
  let bases: Accuracy?
  let sources: Accuracy?

  /// The shares that the model solves, for an error; empty where no answer is known.
  var solvedByThemselves: String {
    let shares = [(bases, "bases"), (sources, "sources")].compactMap { accuracy, name in
      accuracy.map { String(format: "%.0f %% of \(name)", 100 * $0.value) }
    }
    return shares.isEmpty ? "" : "; by themselves " + shares.joined(separator: ", ")
  }

  init(_ pairs: [TokenizedPair], _ run: InterchangeRun) throws {
    var isSolved = pairs.map { _ in true }
    /// The outcomes of the inputs whose answers are known.
    func judge(_ inputs: [ModelInput], _ answers: [ComparedAnswers?]) throws -> [Outcome] {
      let known = answers.indices.filter { answers[$0] != nil }
      let outcomes = try run.outcomes(
        of: known.map { inputs[$0] }, answers: known.compactMap { answers[$0] })
      for (index, outcome) in zip(known, outcomes) where !outcome.isCorrect {
        isSolved[index] = false
      }
      return outcomes
    }
    let baseOutcomes = try judge(pairs.map(\.example.base), pairs.map(\.baseAnswer))
    var sourceOutcomes: [Outcome] = []
    for index in 0..<(pairs.first?.sourceAnswers.count ?? 0) {
      sourceOutcomes += try judge(
        pairs.map { $0.example.sources[index] }, pairs.map { $0.sourceAnswers[index] })
    }
    bases = baseOutcomes.isEmpty ? nil : Accuracy(baseOutcomes)
    sources = sourceOutcomes.isEmpty ? nil : Accuracy(sourceOutcomes)
    kept = zip(pairs, isSolved).filter(\.1).map(\.0)
    // What nothing says is the model's own answer.
    let open = kept.indices.filter { kept[$0].baseAnswer == nil }
    let said = try run.preferred(
      of: open.map { kept[$0].example.base }, among: open.map { kept[$0].example.answers })
    for (index, answer) in zip(open, said) { kept[index].example.baseLabel = answer }
  }
}
