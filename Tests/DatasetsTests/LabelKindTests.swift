import Foundation
import InterchangeDatasets
import InterchangeFineTuning
import InterchangeTestSupport
import Testing

/// Classes and numbers, by what labels look like and as they are said to be.
@Suite struct LabelKindTests {
  private func read(_ text: String, _ name: String = "labels.csv") throws -> [TaskExample] {
    let folder = try TemporaryFolder()
    return try TaskExample.read(folder.file(name, Data(text.utf8)).path)
  }

  private func labelled(_ labels: [String]) throws -> [TaskExample] {
    try read((["text,label"] + labels.map { "a text,\($0)" }).joined(separator: "\n"))
  }

  /// Forty rows of five different numbers are a regression.
  @Test func fewDecimalNumbers() throws {
    let numbers = ["0.5", "1.25", "2.0", "3.75", "4.5"]
    let examples = try labelled((0..<40).map { numbers[$0 % 5] })
    #expect(examples.labelKind == .numbers)
    #expect(examples.allSatisfy { $0.choices.isEmpty })
    #expect(examples[1].label == 1.25 && examples[2].label == 2)
    let labels = try LabelSet(of: examples)
    #expect(labels == .number && labels.kind == .numbers)
    #expect(labels.summary(of: examples) == "numbers from 0.5 to 4.5, a regression")
    let folder = try TemporaryFolder()
    let source = try DataSource(
      folder.file("few.csv", Data("text,label\na,0.5\nb,1.5".utf8)).path)
    let task = EvaluationTask(source, try source.examples())
    #expect(task.metrics == [.pearson, .spearman] && task.extraction == .number)
  }

  @Test(arguments: [
    (["1e2", "5"], LabelKind.numbers), (["-0.5", "+3"], .numbers), ([" 1.5", "2"], .numbers),
    (["0", "1"], .classes), (["3", "-3"], .classes), (["0.5", "much"], .classes),
    (["1.0.0", "2.5"], .classes), (["0x1p3", "1"], .classes), (["nan", "other"], .classes),
  ])
  func theKindFollowsFromTheLabels(labels: [String], kind: LabelKind) throws {
    #expect(try labelled(labels).labelKind == kind)
  }

  @Test func manyIntegersAreNumbers() throws {
    #expect(try labelled((0..<100).map { "\($0)" }).labelKind == .classes)
    #expect(try labelled((0..<101).map { "\($0)" }).labelKind == .numbers)
    #expect(try labelled((0..<101).map { "w\($0)" }).labelKind == nil)
    #expect(
      try labelled((0..<101).map { "w\($0)" }).labelled(as: .classes)[0].choices.count == 101)
  }

  @Test func theKindCanBeGiven() throws {
    let decimals = try labelled(["0.5", "1.5", "0.5"]).labelled(as: .classes)
    #expect(decimals.labelKind == .classes && decimals[0].choices == ["0.5", "1.5"])
    #expect(try LabelSet(of: decimals).summary(of: decimals) == "2 classes: 0.5, 1.5")
    let integers = try labelled(["1", "2", "3"]).labelled(as: .numbers)
    #expect(integers.labelKind == .numbers && integers.map(\.label) == [1, 2, 3])
    #expect(
      line { _ = try labelled(["1", "two"]).labelled(as: .numbers) }?
        .hasSuffix("line 3: the label 'two': expected a number") == true)
    #expect(
      line { _ = try [TaskExample(prompt: "a", completion: "b")].labelled(as: .classes) }
        == "labels: expected texts with labels, which can be classes, found prompts and completions"
    )
  }

  /// A missing value among numbers is no class.
  @Test func noNumberAmongNumbers() throws {
    for label in ["nan", "NaN", "inf", "-Infinity"] {
      #expect(
        line { _ = try labelled(["0.5", label, "1.5"]) }?
          .hasSuffix("line 3: the label '\(label)': expected a number") == true)
    }
  }

  @Test func integersKeepTheirBits() throws {
    let lines = (0..<4).map { #"{"text": "t\#($0)", "label": \#(9_007_199_254_740_992 + $0)}"# }
    let examples = try read(lines.joined(separator: "\n"), "big.jsonl")
    #expect(examples.labelKind == .classes && Set(examples[0].choices).count == 4)
    #expect(examples[1].answer == "9007199254740993")
    let most = try read(
      #"{"text": "a", "label": 9223372036854775807}"# + "\n"
        + #"{"text": "b", "label": 9223372036854775806}"#, "big.jsonl")
    #expect(most[0].choices == ["9223372036854775806", "9223372036854775807"])
    #expect(
      line { _ = try read(#"{"text": "a", "label": 9223372036854775808}"#, "big.jsonl") }?
        .contains("line 1: field 'label': expected a text or an integer of 64 bits") == true)
  }

  @Test func aDecimalPointInJSON() throws {
    let examples = try read(
      #"{"text": "a", "label": 1.0}"# + "\n" + #"{"text": "b", "label": 2.0}"#, "labels.jsonl")
    #expect(examples.labelKind == .numbers && examples.map(\.label) == [1, 2])
  }
}
