import InterchangeBasics
import InterchangeDatasets
import InterchangeModels
import InterchangeTokenizers

/// The treatment of examples that are longer than the model reads.
public enum LongTexts: String, Codable, Sendable, CaseIterable {
  /// An error names the first.
  case refused
  /// They are cut until they fit.
  case truncated
  /// They are left out.
  case skipped
}

/// Examples that a model can read, and how many were cut or left out for it.
public struct FittedExamples: Sendable, Equatable {
  public let examples: [TaskExample]
  /// Examples that were cut.
  public let truncated: Int
  /// Examples that were left out.
  public let skipped: Int
}

extension Evaluator {
  /// The examples as far as the model reads them.
  ///
  /// Of a prompt the beginning goes, of its input first, and of a labelled text the end, of a pair
  /// the longer text's: a completion follows the end of its prompt, and encoders are trained on
  /// beginnings. A completion is never cut.
  ///
  /// - Parameter reserved: positions that something else takes, such as soft tokens
  /// - Throws: `DatasetError/invalidData(path:line:reason:)` or
  ///   ``FineTuningError/tooLong(example:tokens:maximum:)`` for an example that is too long, when
  ///   they are refused or cutting doesn't help; `TokenizerError` for a template that isn't known.
  public func fitted(
    _ examples: [TaskExample], to model: LanguageModel, reserving reserved: Int = 0,
    longTexts: LongTexts
  ) throws -> FittedExamples {
    let maximum = model.architecture.maximumLength - reserved
    var (fitted, truncated, skipped) = ([TaskExample](), 0, 0)
    for (index, example) in examples.enumerated() {
      let length = try length(of: example, index, model)
      guard length > maximum else {
        fitted.append(example)
        continue
      }
      switch longTexts {
      case .refused: throw example.tooLong(index, tokens: length, maximum: maximum)
      case .skipped: skipped += 1
      case .truncated:
        fitted.append(try shortened(example, index, length, to: maximum, model))
        truncated += 1
      }
    }
    return FittedExamples(examples: fitted, truncated: truncated, skipped: skipped)
  }

  /// The tokens of an example with its longest completion.
  private func length(
    of example: TaskExample, _ index: Int, _ model: LanguageModel
  ) throws -> Int {
    if mode == .label {
      let input = model.labelledInput(example)
      return (input.source ?? input).length
    }
    let start = model.architecture.shape.startToken
    let tokens = try TokenizedExample(
      example, index: index, template: task.template, tokenizer: model.tokenizer,
      endsCompletion: endsCompletion, startToken: start
    ).length
    return mode == .choose
      ? max(tokens, try candidates(example, model).length(in: model.architecture)) : tokens
  }

  /// The example cut until it fits.
  private func shortened(
    _ example: TaskExample, _ index: Int, _ length: Int, to maximum: Int, _ model: LanguageModel
  ) throws -> TaskExample {
    var (example, length) = (example, length)
    while length > maximum {
      guard example.cut(length - maximum, atEnd: mode == .label, model.tokenizer) else {
        throw example.tooLong(index, tokens: length, maximum: maximum)
      }
      length = try self.length(of: example, index, model)
    }
    return example
  }
}

extension AdaptedModel {
  /// The tokens that it reads at most, soft ones not counted.
  var readableLength: Int { base.architecture.maximumLength - virtualTokens }
}

extension TaskExample {
  /// Takes about so many tokens from one of the texts, but for a last character; false when nothing
  /// is left to take.
  fileprivate mutating func cut(_ count: Int, atEnd: Bool, _ tokenizer: Tokenizer) -> Bool {
    func cut(_ text: inout String) -> Bool {
      let length = tokenizer.encode(text, addingSpecialTokens: false).count
      let characters = text.count
      guard length > 0, characters > 1 else { return false }
      // A share of the characters; the caller counts again.
      let taken = min(characters - 1, max(1, characters * count / length))
      text = atEnd ? String(text.dropLast(taken)) : String(text.dropFirst(taken))
      return true
    }
    guard atEnd, !sentences.isEmpty else {
      return input.count > 1 ? cut(&input) : cut(&prompt)
    }
    guard let longest = sentences.indices.max(by: { sentences[$0].count < sentences[$1].count })
    else { return false }
    return cut(&sentences[longest])
  }

  /// The error of a text that is longer than the model reads.
  ///
  /// - Parameter index: its place among the examples, when it is from no file
  func tooLong(_ index: Int, tokens: Int, maximum: Int) -> any Error {
    guard let origin else {
      return FineTuningError.tooLong(example: index, tokens: tokens, maximum: maximum)
    }
    return DatasetError.invalidData(
      path: origin.path, line: origin.line,
      reason: FineTuningError.tooLongReason(tokens: tokens, maximum: maximum)
        + "; long texts can be cut or left out")
  }
}
