import Foundation
import InterchangeAlignment
import InterchangeBasics
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Sweeps that are stopped and go on.
@Suite struct SweepJournalTests {
  private func examples(_ model: Model, count: Int, pair: Bool = false) -> [AlignmentExample] {
    var generator = RandomGenerator(seed: 3)
    func ids() -> [Int] { (0..<5).map { _ in Int.random(in: 4..<40, using: &generator) } }
    func input() -> ModelInput {
      pair ? .pair(source: .tokens(ids()), target: [2, 7]) : .tokens(ids())
    }
    return (0..<count).map { index in
      AlignmentExample(
        base: input(), sources: [input()], label: index % 2, baseLabel: 1 - index % 2)
    }
  }

  private func sweep(_ model: Model, _ url: URL?, resumes: Bool = true, seed: Int = 0) throws
    -> Data
  {
    let isPair = model.architecture.stacks != nil
    let layers = model.architecture.stacks?.encoder.layers ?? model.architecture.layers
    var metrics: [any OutputMetric] = [InterchangeAccuracyMetric(), LogitDifferenceMetric()]
    if model.architecture.shape.outputKind == .exclusive { metrics.append(DivergenceMetric()) }
    let sweep = InterchangeSweep(
      layers: 0..<layers, positions: [.index(0), .index(3)], metrics: metrics, batchRows: 15)
    let data = examples(model, count: 5, pair: isPair)
    let result = try sweep.run(
      model, on: data, journal: url.map { SweepJournal($0, model: "m", resumes: resumes) })
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    return try encoder.encode(result)
  }

  private static let names =
    ArchitectureFixtures.readable + ArchitectureFixtures.encoderDecoders

  /// Cut anywhere, within a line too, the sweep goes on to the same bytes, of the result and of the
  /// journal.
  @Test(arguments: names)
  func goesOnToTheSameBytes(name: String) throws {
    let model = try ArchitectureFixtures.model(name)
    guard model.architecture.shape.outputs > 1 else { return }
    let url = FileManager.default.temporaryDirectory.appending(component: "\(UUID()).jsonl")
    defer { try? FileManager.default.removeItem(at: url) }
    let unbroken = try sweep(model, nil)
    #expect(try sweep(model, url) == unbroken)
    let journal = try Data(contentsOf: url)
    let lines = journal.split(separator: UInt8(ascii: "\n"))
    // The settings, then two groups at each layer.
    let layers = model.architecture.stacks?.encoder.layers ?? model.architecture.layers
    #expect(lines.count == 1 + 2 * layers)
    for length in [0, lines[0].count / 2, lines[0].count + 1, journal.count / 2, journal.count] {
      try journal.prefix(length).write(to: url)
      #expect(try sweep(model, url) == unbroken, "cut after \(length) bytes")
      #expect(try Data(contentsOf: url) == journal)
    }
  }

  /// Outcomes in the file are used and not measured again: a changed outcome shows in the result.
  @Test func whatIsThereIsTaken() throws {
    let model = try TinyModels.model("llama-gqa")
    let url = FileManager.default.temporaryDirectory.appending(component: "\(UUID()).jsonl")
    defer { try? FileManager.default.removeItem(at: url) }
    let unbroken = try sweep(model, url)
    var lines = try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map(String.init)
    lines[1] = lines[1].replacing(/\[\[[01],[^,]*,/) { _ in "[[1,77.5," }
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: url)
    #expect(try sweep(model, url) != unbroken)
    #expect(try sweep(model, url, resumes: false) == unbroken)
  }

  @Test func othersSettingsAndFilesAreRefused() throws {
    let model = try TinyModels.model("llama-gqa")
    let url = FileManager.default.temporaryDirectory.appending(component: "\(UUID()).jsonl")
    defer { try? FileManager.default.removeItem(at: url) }
    _ = try sweep(model, url)
    let whole = try String(contentsOf: url, encoding: .utf8)
    func error(_ text: String) throws -> String {
      try Data(text.utf8).write(to: url)
      let error = #expect(throws: SweepJournalError.self) { try sweep(model, url) }
      return "\(try #require(error))"
    }
    #expect(
      try error(whole.replacing("\"pairs\":5", with: "\"pairs\":6"))
        == "\(url.path): an earlier sweep had pairs 6, this one has 5; resume it with the same "
        + "settings, or begin anew in another folder")
    #expect(try error(whole.replacing("\"digest\":\"", with: "\"digest\":\"0")).contains("digest"))
    #expect(try error("[1]\n").contains("line 1: expected the settings of a sweep"))
    #expect(try error("{\"sweep\"\n").contains("line 1: expected a line of JSON"))
    #expect(try error(whole + "{}\n").contains("expected the outcomes of a group at a layer"))
    let short = whole.replacing(/"outcomes":\[\[[^\]]*\],/) { _ in "\"outcomes\":[" }
    #expect(try error(short).contains("expected 6 outcomes with 2 metrics"))
  }

  /// The time is told once, after the first layer of the first group.
  @Test func estimateComesFirst() throws {
    let model = try TinyModels.model("llama-gqa")
    var events: [String] = []
    let sweep = InterchangeSweep(layers: 0..<3, positions: [.last], batchRows: 15)
    _ = try sweep.run(
      model, on: examples(model, count: 6),
      progress: { done, _ in events.append("\(done)") },
      estimating: { events.append($0 > 0 && $0 < 60 ? "estimate" : "\($0)") })
    #expect(events == ["3", "estimate", "6", "9", "12", "15", "18"])
  }
}
