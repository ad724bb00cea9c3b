import Foundation
import Interchange
import InterchangeBasics
import Testing

/// Lists that multiply, steps that use one another, and commands as documents.
@Suite struct ExperimentPlanTests {
  private static func command(
    _ name: String, _ options: [String], several: [(String, String)] = [], flags: [String] = []
  ) -> CommandDefinition {
    CommandDefinition(
      name: name,
      arguments: [.init(name: "model", form: .positional, takesSeveral: false, valueName: "model")]
        + options.map { .init(name: $0, form: .option, takesSeveral: false, valueName: "n") }
        + several.map { .init(name: $0.0, form: .option, takesSeveral: true, valueName: $0.1) }
        + flags.map { .init(name: $0, form: .flag, takesSeveral: false, valueName: $0) })
  }

  private static let commands = [
    command(
      "fit", ["layer", "rank", "seed", "seeds", "task", "position"],
      flags: ["controls", "no-controls"]),
    command("show", ["seed", "layers"], several: [("adapter", "dir"), ("word", "text")]),
    CommandDefinition(
      name: "one",
      arguments: [
        .init(name: "path", form: .positional, takesSeveral: false, valueName: "path"),
        .init(name: "seed", form: .option, takesSeveral: false, valueName: "n"),
        .init(name: "layers", form: .option, takesSeveral: false, valueName: "list"),
      ]),
  ]

  private func words(_ text: String) throws -> [String] {
    let plan = try ExperimentPlan(
      ExperimentDocument(text, source: "e.yaml"), commands: Self.commands)
    return plan.points.map { point in
      point.arguments { plan.points[$0].name }.joined(separator: " ")
    }
  }

  @Test func listsMultiply() throws {
    let found = try words(
      """
      task: agreement
      steps:
        - fit: {layers: "2-3,7", ranks: [1, 4], position: -1, controls: false}
      """)
    #expect(found.count == 6)
    #expect(
      found[3]
        == "fit --task agreement --layer 3 --rank 4 --position=-1 --no-controls")
    #expect(found[4].contains("--layer 7 --rank 1"))
    #expect(
      try words("steps:\n  - fit: {position: [0, -1], controls: [true, false]}") == [
        "fit --position 0 --controls", "fit --position 0 --no-controls",
        "fit --position=-1 --controls", "fit --position=-1 --no-controls",
      ])
  }

  /// So many seeds count from the nearest one; a command's own counter is one for each point.
  @Test func seedsAreCounted() throws {
    #expect(
      try words("seed: 7\nsteps:\n  - fit: {seeds: 2}") == [
        "fit --seeds 1 --seed 7", "fit --seeds 1 --seed 8",
      ])
    #expect(
      try words("seeds: [3, 5]\nsteps: [fit, {show: {seed: 1}}]") == [
        "fit --seeds 1 --seed 3", "fit --seeds 1 --seed 5", "show --seed 1",
      ])
    #expect(try words("steps:\n  - fit: {--seeds: 2}") == ["fit --seeds 2"])
  }

  /// A step's own option counts before a shared one, and an option that takes several is given with
  /// each.
  @Test func optionsAreSharedAndRepeated() throws {
    #expect(
      try words("task: a\nmodel: m\nsteps:\n  - fit: {task: b}\n  - show: {word: [x, y]}") == [
        "fit m --task b", "show m --word x --word y",
      ])
    #expect(
      try words("steps:\n  - show: {words: [x, y]}\n  - show: {layers: 0-3}") == [
        "show --word x", "show --word y", "show --layers 0-3",
      ])
  }

  @Test func stepsUseMatchingPoints() throws {
    let text = """
      steps:
        - fit: {layers: [4, 9], ranks: [1, 2], seeds: 2}
        - one: {path: {fit: {rank: 2}}, layers: [4, 9], seeds: 2}
        - one: {path: fit/x.bin, layers: 9, seed: 1}
      """
    #expect(throws: DocumentError.self) { try words(text) }
    let found = try words(text.replacing("fit/x.bin", with: "{fit: {rank: 1}}"))
    #expect(
      found[8...] == [
        "one 002-fit-layer-4-rank-2-seed-0 --layers 4 --seed 0",
        "one 003-fit-layer-4-rank-2-seed-1 --layers 4 --seed 1",
        "one 006-fit-layer-9-rank-2-seed-0 --layers 9 --seed 0",
        "one 007-fit-layer-9-rank-2-seed-1 --layers 9 --seed 1",
        "one 005-fit-layer-9-rank-1-seed-1 --layers 9 --seed 1",
      ])
    // Without a seed of its own the first one's; where several can be given, all.
    let more = try words(
      """
      steps:
        - name: a
          fit: {seeds: 2}
        - one: {path: a/x.bin}
        - show: {adapter: [a, ./a]}
      """)
    #expect(
      more[2...] == [
        "one 000-a-seed-0/x.bin",
        "show --adapter 000-a-seed-0 --adapter 001-a-seed-1 --adapter ./a",
      ])
  }

  @Test func partsWithWhatTheyNeed() throws {
    let plan = try ExperimentPlan(
      ExperimentDocument(
        "steps:\n  - fit: {layers: 0-4}\n  - one: {path: fit, layers: 3}\n  - fit",
        source: "e.yaml"), commands: Self.commands)
    #expect(try plan.range("5:6") == 5..<6 && plan.range(":2") == 0..<2)
    #expect(try plan.range("5:") == 5..<7)
    #expect(plan.withNeeds(4..<6).map(\.index) == [3, 4, 5])
    for text in ["", "3", "3:3", "4:2", "0:8", "-1:2", "0:1:2", "a:b"] {
      #expect(throws: ExperimentError.self) { try plan.range(text) }
    }
  }

  @Test(arguments: [
    "steps:\n  - fit: {layers: 0-99999}", "steps:\n  - fit: {layers: 9-2}",
    "steps:\n  - fit: {layers: 0-999, ranks: 0-999}", "steps:\n  - fit: {seeds: 0}",
    "steps:\n  - fit: {controls: maybe}", "steps:\n  - fit: {layer: {fit: {}}}",
    "steps:\n  - fit: {layer: }", "steps:\n  - fit: 3", "steps: fit", "task: a", "- fit",
    "steps:\n  - fit: {layer: 1}\n    show: {}", "steps:\n  - name: a/b\n    fit: {}",
    "steps:\n  - show: {adapter: {fit: {}}}", "steps:\n  - show: {adapter: show}",
    "steps:\n  - show: {adapter: []}", "seed: x\nsteps: [fit]\nseeds: 2",
  ])
  func otherFormsAreRefused(_ text: String) {
    #expect(throws: DocumentError.self, "\(text)") { try words(text) }
  }

  /// A command line as a document has the same words again.
  @Test(arguments: [
    ["fit", "m", "--layer", "3", "--position=-1", "--no-controls"],
    ["fit", "some folder/m: x.gguf", "--task", "true", "--rank", "007", "--seeds", "3"],
    ["fit", "m", "--task", "a, b: [c] 'd' \"e\" #f", "--layer", "1e-3", "--rank", "null"],
    ["show", "--layers", "0,4-7", "--word", "x", "--word", "-y", "--adapter", "show/a"],
    ["one", "one"], ["one", "-", "--layers", "3"],
  ])
  func commandsAreDocuments(_ typed: [String]) throws {
    let command = try #require(Self.commands.first { $0.name == typed[0] })
    let given = CommandWords(Array(typed.dropFirst()), of: command)
    let document = try given.document()
    let plan = try ExperimentPlan(
      ExperimentDocument(document, source: "e.yaml"), commands: Self.commands)
    #expect(plan.points.count == 1, "\(document)")
    let again = CommandWords(
      Array(plan.points[0].arguments { _ in "" }.dropFirst()), of: command)
    func values(_ words: CommandWords) -> [String: [String]] {
      Dictionary(
        uniqueKeysWithValues: words.given.map { given in
          // A value with a step's name is marked as a path.
          (given.argument.name, given.values.map { $0.replacing(/^\.\//, with: "") })
        })
    }
    #expect(values(again) == values(given), "\(document)")
  }
}
