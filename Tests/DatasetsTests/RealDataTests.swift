import Foundation
import InterchangeBasics
import InterchangeDatasets
import InterchangeFineTuning
import Testing

/// The data sets of LLM-Adapters and GLUE, which aren't kept here: a folder with `llm-adapters` and
/// `glue` that INTERCHANGE_DATA names, or one beside the project's.
private let data: URL = {
  let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  return ProcessInfo.processInfo.environment["INTERCHANGE_DATA"].map { URL(filePath: $0) }
    ?? root.appending(path: "../shared/data").standardized
}()

private func isThere(_ path: String) -> Bool {
  FileManager.default.fileExists(atPath: data.appending(path: path).path)
}

@Suite struct RealDataTests {
  private func read(_ path: String, _ split: DataSplit?) throws -> (DataSource, [TaskExample]) {
    let source = try DataSource(data.appending(path: path).path, split: split)
    return (source, try source.examples())
  }

  /// Counts that were taken with Python's json module.
  @Test(
    .enabled(if: isThere("llm-adapters")),
    arguments: [
      ("boolq", DataSplit.train, 9427, 2), ("boolq", .test, 3270, 2), ("ARC-Easy", .train, 2251, 4),
      ("ARC-Easy", .test, 2376, 4), ("openbookqa", .train, 4957, 4), ("openbookqa", .test, 500, 4),
    ])
  func commonsense(name: String, split: DataSplit, count: Int, choices: Int) throws {
    let (source, examples) = try read("llm-adapters/\(name)", split)
    #expect(examples.count == count && source.name == name)
    #expect(examples[0].choices.count == choices)
    for example in examples {
      #expect(example.choices.contains(example.answer ?? ""))
      #expect(example.completion == EvaluationTask.answerPhrase + (example.answer ?? ""))
    }
    for convention in EvaluationTask.Convention.allCases {
      let task = EvaluationTask(source, examples, convention: convention)
      #expect(task.template == .plain)
      let score = try task.score(examples.map(\.completion), for: examples)
      #expect(score.accuracy.value == 1 && score.unanswered == 0)
      // One answer for all is as good as that answer is frequent.
      let first = try #require(examples[0].answer)
      let guess = try task.score(
        examples.map { _ in EvaluationTask.answerPhrase + first }, for: examples)
      #expect(guess.accuracy.correct == examples.count { $0.answer == first })
    }
  }

  /// The number of the sets' own explanations that end in the right answer, as LLM-Adapters' rules
  /// counted in Python; `math_data.json` has 203 examples with letters for answers.
  @Test(
    .enabled(if: isThere("llm-adapters")),
    arguments: [
      ("gsm8k", DataSplit.test, 1319, 771), ("SVAMP", .test, 1000, 803),
      ("math_data.json", nil, 3260, 2399),
    ] as [(String, DataSplit?, Int, Int)])
  func arithmetic(name: String, split: DataSplit?, count: Int, right: Int) throws {
    let (source, examples) = try read("llm-adapters/\(name)", split)
    let task = EvaluationTask(source, examples)
    #expect(examples.count == count)
    #expect(task.extraction == .arithmetic && task.template == .alpaca)
    let numeric = examples.filter { Double($0.answer ?? "") != nil }
    #expect(examples.count - numeric.count == (split == nil ? 203 : 0))
    #expect(task.consistent(numeric).count == right)
  }

  @Test(
    .enabled(if: isThere("glue")),
    arguments: [
      ("SST-2", DataSplit.train, 67349, 37569), ("SST-2", .dev, 872, 444),
      ("MRPC", .train, 3667, 2473), ("MRPC", .dev, 408, 279),
    ])
  func glue(name: String, split: DataSplit, count: Int, positive: Int) throws {
    let (source, examples) = try read("glue/\(name)", split)
    #expect(examples.count == count)
    #expect(examples.count { $0.label == 1 } == positive)
    #expect(examples.allSatisfy { $0.sentences.count == (name == "MRPC" ? 2 : 1) })
    let task = EvaluationTask(source, examples)
    let always = try task.score(examples.map { _ in task.positiveWord }, for: examples)
    #expect(always.accuracy.correct == positive)
    let perfect = try task.score(examples.map(\.completion), for: examples)
    #expect(perfect.values.allSatisfy { $0.value == 1 })
  }
}

extension EvaluationTask {
  fileprivate var positiveWord: String {
    guard case .firstWord(let words) = extraction else { return "" }
    return " " + (words.last ?? "").uppercased() + "."
  }
}
