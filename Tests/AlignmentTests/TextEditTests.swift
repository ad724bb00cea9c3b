import Foundation
import InterchangeAlignment
import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

/// Edits of texts against runs that are made by hand, one after another.
@Suite struct TextEditTests {
  /// Of logits below 8.
  private static let rounding = Rounding.spread(Rounding.tinyRun, of: 8)
  private let base = "the rain"
  private let source = "a cats, "

  private func rows(
    _ model: LanguageModel, _ text: String, _ component: Component, _ layer: Int, at position: Int,
    edits: [Edit] = []
  ) throws -> Tensor {
    let cells = Cells(component, layer: layer, positions: [[position]])
    return try model.run(
      Request([model.encode(text).input], edits: edits, captures: [cells])
    ).captures[0].detached
  }

  private func put(_ rows: Tensor, _ component: Component, _ layer: Int, at position: Int) -> Edit {
    Edit(Cells(component, layer: layer, positions: [[position]])) { _ in rows }
  }

  private func expectSame(_ run: TextRun, _ model: LanguageModel, _ edits: [Edit]) throws {
    let wanted = try model.logits(after: base, edits: edits).elements
    for (found, wanted) in zip(run.logits.elements, wanted) {
      #expect(abs(Double(found - wanted)) < Self.rounding)
    }
    #expect(try model.logits(after: base).elements != wanted)
  }

  /// A source is read from a run that is changed itself, at another layer and component.
  @Test func nestedAndCrossSite() throws {
    let model = try TinyModels.languageModel()
    let run = try model.run(
      base,
      edits: [
        .interchange(
          at: .blockOutput(1, .index(2)),
          from: .text(
            source, at: .residualMiddle(2, .index(3)), edits: [.zero(at: .mlpOutput(0, .index(1)))])
        )
      ])
    #expect(run.positions == [[2]])
    let zero = Edit(Cells(.mlpOutput, layer: 0, positions: [[1]])) { 0 * $0 }
    let read = try rows(model, source, .residualMiddle, 2, at: 3, edits: [zero])
    try expectSame(run, model, [put(read, .blockOutput, 1, at: 2)])
  }

  /// A block that is left out after another edit gives on what that edit made.
  @Test func skippedAfterAnEdit() throws {
    let model = try TinyModels.languageModel()
    let swap = TextEdit.interchange(at: .blockOutput(0, .index(1)), from: .text(source))
    let run = try model.run(base, edits: [swap, .skip(1, .index(1))])
    let first = put(try rows(model, source, .blockOutput, 0, at: 1), .blockOutput, 0, at: 1)
    let input = try rows(model, base, .blockInput, 1, at: 1, edits: [first])
    try expectSame(run, model, [first, put(input, .blockOutput, 1, at: 1)])
  }

  /// Two sources with rows of one rotation for each.
  @Test func severalSources() throws {
    let model = try TinyModels.languageModel()
    let rotation = try Rotation.random(rank: 4, width: 16, seed: 2).frozen
    let swap = DistributedInterchange(rotation, blocks: [0..<1, 1..<4])
    let site = Site.blockOutput(1, .index(2))
    let run = try model.run(
      base,
      edits: [
        TextEdit(at: site, by: swap, from: [.text(source), .text(base, at: .blockInput(1, .last))])
      ])
    let rows = [
      try self.rows(model, source, .blockOutput, 1, at: 2),
      try self.rows(model, base, .blockInput, 1, at: model.encode(base).length - 1),
    ]
    try expectSame(
      run, model,
      [Edit(Cells(site, positions: [[2]])) { swap($0, sources: rows) }])
  }

  /// A given row is put in at every position.
  @Test func givenRows() throws {
    let model = try TinyModels.languageModel()
    let row = Tensor((0..<16).map { Float($0) / 8 }, shape: [1, 16])
    let site = Site.mlpOutput(1, .first(2))
    let run = try model.run(
      base, edits: [TextEdit(at: site, by: Addition(), from: [.rows(row)])])
    let both = row.gatherRows([0, 0])
    try expectSame(run, model, [Edit(Cells(site, positions: [[0, 1]])) { $0 + both }])
  }

  @Test func faults() throws {
    let model = try TinyModels.languageModel()
    func message(_ edit: TextEdit) -> String {
      line { _ = try model.run(base, edits: [edit]) } ?? "no error"
    }
    let site = Site.blockOutput(1, .index(2))
    #expect(
      message(TextEdit(at: site, by: FullInterchange())).contains("takes 1 sources"))
    #expect(
      message(.interchange(at: site, from: .text(source, at: .mlpHidden(1, .index(2)))))
        .contains("width"))
    #expect(
      message(.interchange(at: site, from: .text(source, at: .blockOutput(1, .first(2)))))
        .contains("the source 2"))
    #expect(
      message(.interchange(at: site, from: .text(source, at: .blockOutput(1, .index(99)))))
        .hasPrefix("source"))
    #expect(message(.zero(at: .blockOutput(1, .index(99)))).hasPrefix("base"))
    #expect(message(.zero(at: .blockOutput(77))).contains("layer"))
  }
}
