import Foundation
import InterchangeBasics
import InterchangeFigures
import InterchangeReports
import InterchangeStudies
import Testing

/// Records with numbers that are none, or that no run writes: shown as such, or refused in a line.
@Suite struct RecordNumbersTests {
  private static let runs = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Fixtures/version-0.1.0/runs")
  private static let names = [
    "attention", "compare", "das", "demo", "evaluate", "finetune-numbers", "growth", "single-sweep",
    "steer", "sweeps", "tune",
  ]

  /// A document with another value in the place of each of its numbers in turn; of a list's
  /// elements, only the first one's.
  private func variants(
    of value: JSONValue, with replacements: [JSONValue]
  ) -> [JSONValue] {
    switch value {
    case .integer, .number: return replacements
    case .array(let elements):
      guard let first = elements.first else { return [] }
      return variants(of: first, with: replacements).map { .array([$0] + elements.dropFirst()) }
    case .object(let members):
      return members.indices.flatMap { place in
        variants(of: members[place].value, with: replacements).map { other in
          var members = members
          members[place].value = other
          return .object(members)
        }
      }
    default: return []
    }
  }

  @Test(arguments: names) func everyNumber(_ name: String) throws {
    let file = Self.runs.appending(components: name, "run.json")
    let document = try JSONParser.parse([UInt8](Data(contentsOf: file)))
    let replacements: [JSONValue] = [
      .string("nan"), .string("inf"), .string("-inf"), .number(-1e308), .integer(-1), .integer(0),
      .integer(.max),
    ]
    let folder = FileManager.default.temporaryDirectory.appending(
      component: "RecordNumbersTests-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var shown = 0
    // Two of the replacements in each place, in turn.
    let count = replacements.count
    let all = variants(of: document, with: replacements).enumerated()
    for (index, variant) in all where [0, 1].contains((index + index / count * 2) % count) {
      try JSONEncoder.ofRecords.encode(variant).write(to: folder.appending(component: "run.json"))
      do {
        let record = try RunRecord(folder: folder)
        // With all its figures.
        _ = try? RunReport(record).html()
        shown += 1
      } catch let error as RunRecordError {
        #expect(!"\(error)".contains("\n"))
      }
    }
    #expect(shown > 0)
  }

  /// A score that is no number stands in the table and in the figure as what it is.
  @Test func aScoreThatIsNoNumber() throws {
    let file = Self.runs.appending(components: "compare", "run.json")
    let text = try String(contentsOf: file, encoding: .utf8)
    let pattern = /"metric"\s*:\s*"([a-z_0-9 ]+)",\s*"value"\s*:\s*[0-9.e+-]+/
    let changed = text.replacing(pattern) { "\"metric\":\"\($0.1)\",\"value\":\"nan\"" }
    try #require(changed != text)
    let record = try JSONDecoder.ofRecords.decode(RunRecord.self, from: Data(changed.utf8))
    let comparison = try #require(record.results.comparisons?.first)
    #expect(comparison.table.aligned.contains("not a number"))
    let figure = try #require(record.figures().first { $0.name == "comparison" })
    let drawing = String(decoding: try figure.figure.data(as: .svg), as: UTF8.self)
    #expect(!drawing.isEmpty)
    let chart = try #require(figure.figure as? LineChart)
    guard case .categories(let names) = chart.horizontalScale else {
      Issue.record("no categories")
      return
    }
    #expect(names.allSatisfy { $0.hasSuffix("(not a number)") }, "\(names)")
  }
}
