import Foundation
import Interchange
import Testing

/// A result of another program.
private struct WordCount: RunResult {
  static let kind = "test-wordCount"
  static let earlierKinds = ["test-words"]
  let counts: [String: Int]

  var tables: [ResultTable] {
    let rows = counts.sorted { $0.key < $1.key }.map { [$0.key, "\($0.value)"] }
    return [ResultTable("Words.", header: ["word", "n"], rows: rows)]
  }
  var sections: [ReportSection] {
    [ReportSection(kind: "words", title: "All words", parts: tables.map { .table($0) })]
  }
  func figures() -> [NamedFigure] {
    [NamedFigure("words", LineChart(losses: [2, 1], title: "words"))]
  }
}

@Suite struct RunResultsTests {
  /// A kind of the test's own is recorded, read and shown like the library's.
  @Test func aRegisteredKind() throws {
    RunResults.register(WordCount.self)
    RunResults.register(WordCount.self)
    #expect(RunResults.kinds.count { $0.kind == WordCount.kind } == 1)
    for key in [WordCount.kind, "test-words"] {
      let record = try SampleRun.record(
        [key: ["counts": ["a": 2, "b": 1]]], command: "count", arguments: [])
      #expect(record.results[WordCount.self]?.counts == ["a": 2, "b": 1])
      #expect(record.results.unknown.isEmpty && record.title == "All words")
      #expect(record.figures().map(\.name) == ["words"])
      #expect(try Markup(RunReport(record).html()).rows == [["a", "2"], ["b", "1"]])
      #expect(try record.json().contains("\"test-wordCount\" : {"))
    }
    var results = RunResults(WordCount(counts: [:]))
    results[WordCount.self] = nil
    #expect(results.all.isEmpty)
  }

  /// A kind that nobody registered is neither lost nor a fault.
  @Test func anUnknownKind() throws {
    let found: [String: Any] = [
      "a": [1, 0.5, "x", true, NSNull()] as [Any], "b": [:] as [String: Any],
    ]
    let record = try SampleRun.record(
      ["of-another-program": found, "attention": NSNull()], command: "other", arguments: [])
    #expect(record.results.all.isEmpty && record.figures().isEmpty)
    #expect(record.results[AttentionPatterns.self] == nil)
    let expected: JSONValue = .object([
      .init(
        key: "a", value: .array([.integer(1), .number(0.5), .string("x"), .bool(true), .null])),
      .init(key: "b", value: .object([])),
    ])
    #expect(record.results.unknown == ["of-another-program": expected])
    let again = try JSONSerialization.jsonObject(with: Data(record.json().utf8))
    let results = (again as? [String: Any])?["results"] as? [String: Any]
    #expect(results?["of-another-program"] as? NSDictionary == found as NSDictionary)
    let page = Markup(try RunReport(record).html())
    #expect(page.fault == nil && page.text.contains("no result of the kind “of-another-program”"))
  }

  /// A known kind that doesn't fit is refused.
  @Test func aDamagedKind() throws {
    #expect(throws: RunRecordError.self) {
      try SampleRun.record(["growth": ["model": 1]], command: "growth", arguments: [])
    }
  }

  @Test func everyBuiltInKindOnce() {
    let names = RunResults.kinds.flatMap { [$0.kind] + $0.earlierKinds }
    #expect(Set(names).count == names.count)
  }

  /// Subspaces that nothing fitted say so themselves, also in records of another command.
  @Test func givenSubspaces() throws {
    let examined = try SampleRun.examined.record()
    #expect(examined.results.alignments?.map(\.isFitted) == [false])
    let fitted = try SampleRun.alignments.record()
    #expect(fitted.results.alignments?.map(\.isFitted) == [true, true])
  }
}
