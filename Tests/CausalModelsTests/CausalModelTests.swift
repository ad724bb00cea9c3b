import InterchangeCausalModels
import Testing

@Suite("Causal models as graphs")
struct CausalModelTests {
  /// y = (x + 1) · z, with x and z inputs; m is the sum.
  private func arithmetic() throws -> CausalModel {
    try CausalModel(
      [
        .mechanism("y", of: "m", "z") { values in
          guard case .int(let m) = values[0], case .int(let z) = values[1] else { return "no" }
          return .int(m * z)
        },
        .mechanism("m", of: "x") { values in
          guard case .int(let x) = values[0] else { return "no" }
          return .int(x + 1)
        },
        .input("x"), .input("z"),
      ], output: "y")
  }

  @Test("A run computes parents before children, whatever order they are given in")
  func run() throws {
    let model = try arithmetic()
    #expect(try model.run(["x": 2, "z": 5]) == ["x": 2, "z": 5, "m": 3, "y": 15])
    #expect(try model.answer(["x": 2, "z": 5]) == "15")
    #expect(model.variables == ["x", "m", "z", "y"])
    #expect(model.inputs == ["x", "z"])
    #expect(model.parents(of: "y") == ["m", "z"])
    #expect(model.parents(of: "q") == nil)
  }

  @Test("An intervention cuts a variable off from its parents")
  func intervention() throws {
    let model = try arithmetic()
    #expect(
      try model.run(["x": 2, "z": 5], interventions: ["m": 10])
        == ["x": 2, "z": 5, "m": 10, "y": 50])
    #expect(try model.run(["z": 5], interventions: ["x": 0])["y"] == 5)
    #expect(try model.run(["x": 2, "z": 5], interventions: ["y": 7])["y"] == 7)
  }

  @Test("An interchange takes each variable from its own source")
  func interchange() throws {
    let model = try arithmetic()
    let outcome = try model.interchange(
      base: ["x": 1, "z": 1],
      sources: ["m": ["x": 4, "z": 100], "z": ["x": 50, "z": 3]])
    #expect(outcome == ["x": 1, "m": 5, "z": 3, "y": 15])
    let base: Setting = ["x": 3, "z": 4]
    for variable in model.variables {
      #expect(
        try model.interchange(base: base, sources: [variable: base]) == model.run(base),
        "taking \(variable) from base itself changes nothing")
    }
  }

  @Test("The documentation's example")
  func documented() throws {
    let model = try CausalModel(
      [
        .input("a"), .input("b"), .input("c"),
        .mechanism("equal", of: "a", "b") { .bool($0[0] == $0[1]) },
        .mechanism("answer", of: "equal", "c") { $0[0] == true ? $0[1] : "none" },
      ], output: "answer")
    let base: Setting = ["a": 1, "b": 2, "c": 3]
    #expect(try model.answer(base) == "none")
    let outcome = try model.interchange(
      base: base, sources: ["equal": ["a": 5, "b": 5, "c": 6]])
    #expect(outcome["answer"] == 3)
  }

  @Test("Values of different kinds differ")
  func values() {
    #expect(CausalValue.int(1) != .bool(true))
    #expect(CausalValue.string("1") != .int(1))
    #expect(CausalValue.string("true") != .bool(true))
    #expect(["a", 7, true].map(\CausalValue.description) == ["a", "7", "true"])
  }

  @Test("A malformed graph is refused with one line")
  func construction() {
    let identity: CausalVariable.Function = { $0[0] }
    let cases: [([CausalVariable], String, CausalModelError)] = [
      ([.input("a"), .input("a")], "a", .duplicateVariable("a")),
      (
        [.input("a"), .mechanism("b", of: "c", function: identity)], "b",
        .unknownParent(variable: "b", parent: "c")
      ),
      (
        [
          .input("in"), .mechanism("out", of: "a", function: identity),
          .mechanism("a", of: "b", function: identity),
          .mechanism("b", of: "in", "a", function: identity),
        ], "out", .cycle(["a", "b", "a"])
      ),
      ([.mechanism("a", of: "a", function: identity)], "a", .cycle(["a", "a"])),
      ([.input("a")], "out", .missingOutput("out", known: ["a"])),
      ([], "out", .missingOutput("out", known: [])),
    ]
    for (variables, output, expected) in cases {
      #expect(throws: expected) { try CausalModel(variables, output: output) }
      #expect(!expected.description.contains("\n"))
    }
    #expect(
      CausalModelError.cycle(["a", "b", "a"]).description
        == "causal model: variables depend on each other in a circle: a <- b <- a")
  }

  @Test("A run refuses inputs that it can't use")
  func badInputs() throws {
    let model = try CausalModel(
      [
        .input("number", values: ["singular", "plural"]), .input("noun"),
        .table("verb", of: "number", ["singular": "is"]),
      ], output: "verb")
    let full: Setting = ["number": "singular", "noun": "key"]
    #expect(try model.answer(full) == "is")
    #expect(throws: CausalModelError.missingInput("noun")) { try model.run(["number": "singular"]) }
    #expect(throws: CausalModelError.unknownVariable("nuon", known: ["number", "noun", "verb"])) {
      try model.run(["number": "singular", "nuon": "key"])
    }
    #expect(throws: CausalModelError.notAnInput("verb", inputs: ["number", "noun"])) {
      try model.run(full.merging(["verb": "is"]) { $1 })
    }
    let dual = CausalModelError.valueNotAllowed(
      variable: "number", value: "dual", allowed: ["plural", "singular"])
    #expect(throws: dual) { try model.run(["number": "dual", "noun": "key"]) }
    #expect(throws: dual) { try model.run(full, interventions: ["number": "dual"]) }
    #expect(throws: CausalModelError.noEntry(variable: "verb", parent: "number", value: "plural")) {
      try model.run(["number": "plural", "noun": "key"])
    }
    #expect(throws: CausalModelError.self) { try model.run(full, interventions: ["tense": "past"]) }
    #expect(throws: CausalModelError.self) {
      try model.interchange(base: full, sources: ["tense": full])
    }
    #expect(
      dual.description
        == "causal model: input 'number' has the value 'dual'; expected one of plural, singular")
  }
}
