import Foundation
import InterchangeModels
import Testing

@Suite struct PositionsTests {
  private let spans = ["subject": 1..<3, "verb": 3..<4, "nothing": 2..<2, "name-1": 0..<2]

  @Test(arguments: [
    ("all", Positions.all, [0, 1, 2, 3, 4]), ("last", .index(-1), [4]), ("0", .index(0), [0]),
    ("4", .index(4), [4]), ("-5", .index(-5), [0]), ("-2", .index(-2), [3]),
    ("0,2,4", .indices([0, 2, 4]), [0, 2, 4]), ("3,-5,0", .indices([3, -5, 0]), [0, 3]),
    ("f2", .first(2), [0, 1]), ("f5", .first(5), [0, 1, 2, 3, 4]), ("l1", .last(1), [4]),
    ("l3", .last(3), [2, 3, 4]), ("f1+l2", .firstAndLast(1, 2), [0, 3, 4]),
    ("f0+l2", .firstAndLast(0, 2), [3, 4]), ("f2+l0", .firstAndLast(2, 0), [0, 1]),
    // On a short input each position is taken once, as ReFT's f7+l7 must.
    ("f7+l7", .firstAndLast(7, 7), [0, 1, 2, 3, 4]),
    ("f3+l4", .firstAndLast(3, 4), [0, 1, 2, 3, 4]),
    // pyreft takes at most half of a short one for each end.
    ("f7+l7/2", .halves(first: 7, last: 7), [0, 1, 3, 4]),
    ("f1+l3/2", .halves(first: 1, last: 3), [0, 3, 4]),
    ("f0+l1/2", .halves(first: 0, last: 1), [4]),
    ("subject", .span("subject"), [1, 2]), ("subject.end", .endOfSpan("subject"), [2]),
    ("verb.end", .endOfSpan("verb"), [3]),
    ("subject+1", .besideSpan("subject", 1), [3]), ("subject+2", .besideSpan("subject", 2), [4]),
    ("subject-1", .besideSpan("subject", -1), [0]), ("verb-2", .besideSpan("verb", -2), [1]),
    // The name of a span.
    ("name-1", .besideSpan("name", -1), [0, 1]),
  ])
  func parsedAndResolved(text: String, expected: Positions, resolved: [Int]) throws {
    let positions = Positions(parsing: text)
    #expect(positions == expected)
    #expect(try positions.resolved(length: 5, spans: spans) == resolved)
    // A printed position can be read again.
    #expect(Positions(parsing: positions.description) == positions)
    #expect(
      try JSONDecoder().decode(Positions.self, from: JSONEncoder().encode(positions)) == positions)
  }

  @Test(arguments: [
    "", "f", "l", "f-1", "fx", "l2+f1", "f1+l2+f3", "1,", ",", "1,x", "1.5", "F1", "x+0", "ab+",
    "ab+1x",
  ])
  func otherTextsAreSpans(text: String) {
    #expect(Positions(parsing: text) == .span(text))
  }

  @Test(arguments: [
    (Positions.index(5), 5), (.index(-6), -6), (.index(.max), .max), (.index(.min), .min),
    (.indices([0, 1, 9]), 9), (.indices([0, -7]), -7), (.first(6), 6), (.last(6), 6),
  ])
  func outOfRange(positions: Positions, position: Int) {
    #expect(throws: ModelError.positionOutOfRange(position: position, length: 5)) {
      try positions.resolved(length: 5)
    }
  }

  @Test(arguments: [Positions.first(0), .last(0), .first(-1), .last(.min), .first(.max)])
  func countsThatAreNone(positions: Positions) {
    #expect(throws: ModelError.self) { try positions.resolved(length: 5) }
  }

  @Test func extremeCountsDoNotOverflow() throws {
    #expect(try Positions.firstAndLast(.max, .max).resolved(length: 3) == [0, 1, 2])
    #expect(try Positions.halves(first: .max, last: .min).resolved(length: 3) == [0])
    #expect(try Positions.halves(first: 7, last: 7).resolved(length: 1) == [])
    #expect(
      try Positions.halves(first: 7, last: 7).resolved(length: 14)
        == Positions.firstAndLast(7, 7).resolved(length: 14))
    #expect(try Positions.firstAndLast(.min, .min).resolved(length: 3) == [])
    #expect(try Positions.all.resolved(length: 0) == [])
  }

  @Test func generatedPositionsFollowAPrompt() throws {
    let most = Positions(parsing: "every-f2")
    #expect(most == .everyAfter(first: 2) && most.description == "every-f2" && most.goOn)
    #expect(try most.resolved(length: 5) == [2, 3, 4] && most.resolved(length: 1) == [])
    #expect(Positions(parsing: "every-f0") == .span("every-f0"))
    #expect(Positions.every.goOn && Positions.generated.goOn && !Positions.all.goOn)
    let positions = Positions(parsing: "generated")
    #expect(positions == .generated && positions.description == "generated")
    #expect(try positions.resolved(length: 7, prompt: 4) == [4, 5, 6])
    #expect(try positions.resolved(length: 4, prompt: 4) == [])
    #expect(try positions.resolved(length: 4, prompt: 9) == [])
    #expect(throws: ModelError.nothingGenerated) { try positions.resolved(length: 7) }
  }

  @Test(arguments: [("subject+3", 5), ("subject-2", 5), ("verb+9223372036854775807", 5)])
  func besideTheText(text: String, length: Int) {
    #expect(throws: ModelError.outsideText(position: text, length: length)) {
      try Positions(parsing: text).resolved(length: length, spans: spans)
    }
  }

  @Test func errorsNameWhatThereIs() {
    #expect(
      line { _ = try Positions.index(7).resolved(length: 5) }
        == "position 7 is out of range: the sequence has 5 tokens (0 to 4, or -5 to -1 from the end)"
    )
    #expect(
      line {
        _ = try Positions.span("object").resolved(length: 5, spans: ["verb": 0..<1, "a": 1..<2])
      }
        == "no span 'object' in the input; it has a, verb")
    #expect(
      line { _ = try Positions.endOfSpan("object").resolved(length: 5) }
        == "no span 'object' in the input; it has none")
    // A span without a token can't be read.
    #expect(line { _ = try Positions.span("nothing").resolved(length: 5, spans: spans) } != nil)
  }
}

@Suite struct SiteTests {
  @Test func namesAreTheFieldsNames() throws {
    let names = [
      "embedding_output", "block_input", "block_output", "attention_norm_scale", "attention_input",
      "attention_projection", "attention_output", "attention_scores", "attention_weight",
      "head_output", "attention_value_output", "query_output", "positioned_query_output",
      "key_output", "positioned_key_output", "value_output", "encoder_output",
      "cross_attention_input", "cross_query_output", "cross_key_output", "cross_value_output",
      "cross_attention_scores", "cross_attention_weight", "cross_head_output",
      "cross_attention_value_output", "cross_attention_output", "resid_mid_cross", "resid_mid",
      "mlp_norm_scale", "mlp_input", "gate_output", "up_output", "mlp_activation", "mlp_hidden",
      "router_logits", "expert_output", "mlp_projection", "mlp_output", "final_norm_scale",
      "final_norm_output", "logits",
    ]
    #expect(Component.allCases.map(\.rawValue) == names)
    for name in names {
      let site = try Site(named: name, layer: 3, .last)
      #expect(site.name == name)
      #expect((site.layer, site.head, site.positions) == (3, nil, .index(-1)))
    }
    let perHead = [
      "attention_scores", "attention_weight", "head_output", "attention_value_output",
      "query_output", "positioned_query_output", "key_output", "positioned_key_output",
      "value_output", "cross_query_output", "cross_key_output", "cross_value_output",
      "cross_attention_scores", "cross_attention_weight", "cross_head_output",
      "cross_attention_value_output", "expert_output",
    ]
    #expect(Component.allCases.filter(\.hasHeads).map(\.rawValue) == perHead)
    for name in perHead {
      // One that begins with `head_` has the same name whole and for one head.
      let own = name.hasPrefix("head_") ? name : "head_" + name
      let site = try Site(named: own, layer: 1, head: 2, .all)
      #expect(site.component.rawValue == name)
      #expect(site.head == 2)
      #expect(site.name == own)
      // A head named apart means the same.
      #expect(try Site(named: name, layer: 1, head: 2, .all) == site)
      #expect(
        line { _ = try Site(named: "head_" + name, layer: 1, .all) }
          == "expected an input of a head number for head_\(name), found none")
    }
  }

  @Test(arguments: [
    "", "head_", "block", "Block_output", "head_block_output", "head_head_key_output",
  ])
  func unknownNames(name: String) {
    #expect(throws: ModelError.noSuchComponent(component: name, architecture: "transformer")) {
      try Site(named: name, layer: 0, head: 0, .all)
    }
  }

  @Test func shortFormsAreWhatTheySay() throws {
    let sites: [Site] = [
      .embeddingOutput(1), .blockInput(1), .blockOutput(1), .attentionNormScale(1),
      .attentionInput(1), .attentionProjection(1), .attentionOutput(1), .attentionScores(1),
      .attentionWeight(1), .headOutput(1), .attentionValueOutput(1), .queryOutput(1),
      .positionedQueryOutput(1), .keyOutput(1), .positionedKeyOutput(1), .valueOutput(1),
      .encoderOutput(1), .crossAttentionInput(1), .crossQueryOutput(1), .crossKeyOutput(1),
      .crossValueOutput(1), .crossAttentionScores(1), .crossAttentionWeight(1),
      .crossHeadOutput(1), .crossAttentionValueOutput(1), .crossAttentionOutput(1),
      .residualMiddleCross(1), .residualMiddle(1), .mlpNormScale(1), .mlpInput(1), .gateOutput(1),
      .upOutput(1), .mlpActivation(1), .mlpHidden(1), .routerLogits(1), .expertOutput(1),
      .mlpProjection(1), .mlpOutput(1), .finalNormScale(1), .finalNormOutput(1), .logits(1),
    ]
    #expect(sites == Component.allCases.map { Site($0, layer: 1, .all) })
    #expect(Site.queryOutput(2, head: 1, .last) == Site(.queryOutput, layer: 2, head: 1, .last))
    #expect("\(Site.queryOutput(2, head: 1, .last))" == "head_query_output 2 head 1 @ -1")
    #expect("\(Site.blockOutput(15, .span("subject")))" == "block_output 15 @ subject")
  }
}
