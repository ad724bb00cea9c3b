import InterchangeModels
import InterchangeTensors
import Testing

/// The faults that a request can have, and the line for each.
@Suite struct RequestErrorTests {
  private let model: Model
  private let input = ModelInput.tokens([3, 1, 4, 1, 5])

  init() throws { model = try TinyModel("llama-gqa").model }

  private func line(
    _ component: Component, layer: Int, head: Int? = nil, positions: [Int] = [0]
  ) -> String? {
    let cells = Cells(component, layer: layer, head: head, positions: [positions])
    let captured = ModelsTests.line { _ = try model.run(Request([input], captures: [cells])) }
    let edited = ModelsTests.line {
      _ = try model.run(.lastLogits([input], edits: [Edit(cells) { $0 }]))
    }
    #expect(captured == edited)
    return captured
  }

  @Test func layers() {
    #expect(line(.blockOutput, layer: 2) == nil)
    #expect(
      line(.blockOutput, layer: 3) == "layer 3 is out of range: the model has layers 0 to 2")
    #expect(line(.mlpInput, layer: -1) == "layer -1 is out of range: the model has layers 0 to 2")
    #expect(line(.mlpInput, layer: .max)?.hasSuffix("the model has layers 0 to 2") == true)
  }

  @Test func heads() {
    #expect(line(.queryOutput, layer: 0, head: 3) == nil)
    #expect(
      line(.queryOutput, layer: 0, head: 4)
        == "head 4 is out of range: query_output has heads 0 to 3")
    #expect(
      line(.keyOutput, layer: 0, head: 2) == "head 2 is out of range: key_output has heads 0 to 1")
    #expect(
      line(.valueOutput, layer: 0, head: -1)
        == "head -1 is out of range: value_output has heads 0 to 1")
    #expect(
      line(.blockOutput, layer: 0, head: 0)
        == "no component 'head_block_output' in a llama model")
    #expect(throws: ModelError.headOutOfRange(head: 9, heads: 4, site: "query_output")) {
      try model.width(of: .queryOutput(1, head: 9))
    }
  }

  @Test func positions() {
    #expect(
      line(.blockOutput, layer: 0, positions: [0, 5])
        == "position 5 is out of range: the sequence has 5 tokens (0 to 4, or -5 to -1 from the end)"
    )
    // Cells hold resolved positions: none is counted from the end.
    #expect(line(.blockOutput, layer: 0, positions: [-1])?.hasPrefix("position -1 is out") == true)
    #expect(throws: ModelError.positionOutOfRange(position: 5, length: 5)) {
      try model.run(Request([input], logits: [[5]]))
    }
  }

  @Test func lengths() {
    #expect(
      ModelsTests.line { _ = try model.run(.lastLogits([input, .tokens([])])) }
        == "the input is empty: expected at least one token")
    let long = ModelInput.tokens(Array(repeating: 1, count: 513))
    #expect(
      ModelsTests.line { _ = try model.run(.lastLogits([long])) }
        == "the input has 513 tokens, the model reads at most 512")
    #expect(
      ModelsTests.line {
        _ = try model.run(.lastLogits([.tokens(Array(repeating: 1, count: 512))]))
      }
        == nil)
  }

  @Test(arguments: [false, true])
  func tokens(stores: Bool) {
    let store = stores ? ActivationStore() : nil
    for id in [61, -1, .max] {
      #expect(
        ModelsTests.line {
          _ = try model.run(.lastLogits([input, .tokens([2, id])]), store: store)
        }
          == "expected an input of token ids below 61, found id \(id)")
    }
    #expect(
      ModelsTests.line { _ = try model.run(.lastLogits([.vectors([[1, 2]])]), store: store) }
        == "expected an input of vectors of width 16, found width 2")
  }

  /// Targets are looked up in the head: each must be an output, whatever else is requested.
  @Test(arguments: [[Int]?.none, [0, 60]], [-1, 61, .max])
  func targetsThatDoNotExist(outputs: [Int]?, target: Int) throws {
    var request = Request.lastLogits([input, input], outputs: outputs)
    request.targets = [3, target]
    #expect(throws: ModelError.self) { try model.run(request) }
    request.targets = [3, 60]
    #expect(try model.run(request).loss?.count == 1)
  }

  @Test func activationBudgetInOneUnit() {
    for (needed, budget, sizes) in [
      (2001, 2000, "need 2 KiB, the budget is 1 KiB"),
      ((10 << 20) - 1, 1 << 20, "need 10240 KiB, the budget is 1024 KiB"),
      ((10 << 20) + 1, 10 << 20, "need 11 MiB, the budget is 10 MiB"),
      (3 << 30, 1000, "need 3072 MiB, the budget is 0 MiB"),
    ] {
      #expect(
        "\(ModelError.activationBudget(needed: needed, budget: budget))"
          == "activation memory: the base runs of one batch \(sizes): "
          + "take smaller batches or a larger budget")
    }
  }

  @Test func everyErrorIsOneLine() {
    let errors: [ModelError] = [
      .unreadable(path: "p", reason: "r"),
      .unknownArchitecture(path: "p", found: "bert", known: ["llama"]),
      .invalidConfiguration(path: "p", field: "f", expected: "1", found: "2"),
      .shapeMismatch(path: "p", tensor: "t", expected: [1], found: [2]),
      .tokenizerMismatch(path: "p", vocabulary: 3, embeddings: 2),
    ]
    for error in errors {
      #expect("\(error)".hasPrefix("p: "))
      #expect(!"\(error)".contains("\n"))
    }
  }

  @Test func emptyCellsAreNoError() throws {
    let cells = Cells(.keyOutput, layer: 1, head: 1, positions: [[]])
    let run = try model.run(
      Request([input], edits: [Edit(cells) { $0 }], captures: [cells], logits: [[]]))
    #expect(run.captures[0].shape == [0, 4])
    #expect(run.logits?.shape == [0, 61])
    #expect(try model.run(Request([])).captures.isEmpty)
  }
}
