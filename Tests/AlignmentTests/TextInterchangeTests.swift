import InterchangeAlignment
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors
import InterchangeTestSupport
import Testing

@Suite struct TextInterchangeTests {
  /// Against two runs put together by hand.
  @Test(arguments: [Positions.last, .index(1), .all, .firstAndLast(1, 2)])
  func equalsTwoRuns(positions: Positions) throws {
    let model = try TinyModels.languageModel()
    let (base, source) = (model.encode("a cat, "), model.encode("the hot"))
    #expect(base.length == source.length)
    let cells = try positions.resolved(length: base.length)
    let read = try model.run(
      Request([source.input], captures: [Cells(.mlpOutput, layer: 1, positions: [cells])])
    ).captures[0]
    let edit = Edit(Cells(.mlpOutput, layer: 1, positions: [cells])) { _ in read }
    let expected = try #require(
      try model.run(.lastLogits([base.input], edits: [edit])).logits)
    let swap = try model.interchange(
      at: .mlpOutput(1, positions), base: "a cat, ", source: "the hot")
    #expect(swap.logits.elements == expected.elements)
    #expect(swap.positions == cells)
    #expect(swap.base == base && swap.source == source)
    #expect(swap.logits.elements != (try model.logits(after: "a cat, ")).elements)
  }

  @Test func swapForItselfChangesNothing() throws {
    let model = try TinyModels.languageModel()
    let plain = try model.logits(after: "the rain").elements
    for layer in 0..<3 {
      let swap = try model.interchange(
        at: .blockOutput(layer, .all), base: "the rain", source: "the rain")
      // The plain run's last block computes one row, this one all, so that the sums of a block and
      // of the logits are rounded otherwise.
      let rounding = Rounding.spread(Rounding.tinyRun / 3, of: Rounding.largest(plain))
      for (a, b) in zip(swap.logits.elements, plain) {
        #expect(Double(abs(a - b)) <= rounding)
      }
    }
  }

  @Test func insideASubspace() throws {
    let model = try TinyModels.languageModel()
    let site = Site.blockOutput(1, .last)
    let whole = try Rotation.random(rank: 16, width: 16, seed: 1)
    let inside = try model.interchange(
      at: site, base: "the rain", source: "a cats",
      intervention: DistributedInterchange(whole.frozen))
    let full = try model.interchange(at: site, base: "the rain", source: "a cats")
    for (a, b) in zip(inside.logits.elements, full.logits.elements) {
      // All 16 directions are the whole vector, but for the rounding of the rotation.
      #expect(abs(a - b) < 1e-4)
    }
  }

  @Test func errorsNameTheText() throws {
    let model = try TinyModels.languageModel()
    func message(_ site: Site, _ base: String, _ source: String) -> String? {
      line { _ = try model.interchange(at: site, base: base, source: source) }
    }
    #expect(
      message(.blockOutput(0, .index(4)), "the rain", "ab")
        == "source: position 4 is out of range: the sequence has 2 tokens (0 to 1, or -2 to -1 from "
        + "the end)")
    #expect(
      message(.blockOutput(0, .index(-4)), "ab", "the rain")?.hasPrefix("base: position -4 is out")
        == true)
    #expect(
      message(.blockOutput(0, .all), "the rain", "ab")
        == "block_output 0 @ all: the base has 6 positions there, the source 2; they must correspond"
    )
    #expect(
      message(.blockOutput(0, .last), "", "ab")
        == "base: the input is empty: expected at least one token")
    #expect(
      message(.blockOutput(3, .last), "a", "b")
        == "layer 3 is out of range: the model has layers 0 to 2")
  }
}
