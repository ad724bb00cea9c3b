import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

extension LanguageModel {
  /// Runs a text with changes; where several touch the same vectors they are made in their order.
  ///
  /// - Throws: `AlignmentError` for a position that a text lacks or that has no counterpart, and
  ///   for another number of sources than an intervention takes; `ModelError` for a site that the
  ///   model lacks.
  public func run(_ text: String, edits: [TextEdit]) throws -> TextRun {
    let encoded = encode(text)
    let (made, positions) = try self.edits(edits, of: encoded, named: "base")
    let run = try self.run(measuring([encoded.input], edits: made))
    return TextRun(text: encoded, positions: positions, logits: run.logits!, model: self)
  }

  /// The edits of a text's run, with the positions of each.
  private func edits(
    _ edits: [TextEdit], of text: EncodedText, named name: String
  ) throws -> (made: [Edit], positions: [[Int]]) {
    var made: [Edit] = []
    var all: [[Int]] = []
    for edit in edits {
      let positions = try positions(of: edit.site, in: text, named: name)
      guard edit.sources.count == edit.intervention.sourceCount else {
        throw AlignmentError.sourceMismatch(
          expected: edit.intervention.sourceCount, found: edit.sources.count)
      }
      let sources = try edit.sources.map { source in
        try rows(of: source, for: edit.site, positions, in: text, changedBy: made)
      }
      let intervention = edit.intervention
      made.append(
        Edit(Cells(edit.site, positions: [positions])) { intervention($0, sources: sources) })
      all.append(positions)
    }
    return (made, all)
  }

  /// A source's rows for the positions of a text that are written.
  private func rows(
    of source: TextSource, for written: Site, _ positions: [Int], in text: EncodedText,
    changedBy edits: [Edit]
  ) throws -> Tensor {
    let width = try network.width(of: written, for: text.input)
    let site = source.site ?? written
    let found: Tensor
    if let rows = source.rows {
      found = rows.rows == 1 ? rows.gatherRows(positions.map { _ in 0 }) : rows
    } else {
      let read = source.text.map(encode) ?? text
      try network.validate(written, over: [text.input, read.input])
      let places = try self.positions(
        of: site, in: read, named: source.text == nil ? "base" : "source")
      let nested =
        source.text == nil ? edits : try self.edits(source.edits, of: read, named: "source").made
      let cells = Cells(site, positions: [places])
      found = try run(Request([read.input], edits: nested, captures: [cells])).captures[0].detached
    }
    guard found.rows == positions.count else {
      throw AlignmentError.positionMismatch(
        site: written.description, base: positions.count, source: found.rows)
    }
    guard found.width == width else {
      throw InterventionError.widthMismatch(
        name: "source read at \(source.rows == nil ? site.description : "given rows")",
        expected: found.width, found: width)
    }
    return found
  }

  /// The positions of a text that a site names.
  func positions(
    of site: Site, in text: EncodedText, named name: String
  ) throws -> [Int] {
    try network.validate(site.component, layer: site.layer, head: site.head)
    do {
      return try site.positions.resolved(
        length: network.positionCount(of: text.input, at: site))
    } catch {
      throw AlignmentError.notInText(text: name, reason: "\(error)")
    }
  }
}
