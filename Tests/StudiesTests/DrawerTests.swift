import Foundation
import Interchange
import Testing

/// The rule of the house that each kind of thing is named in its own file or folder, in the list
/// that registers it, and in tests: nowhere else in the sources.
@Suite struct DrawerTests {
  /// One rule: names that may stand only in some places.
  struct Rule: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// A name with the path below Sources that is its drawer, a file's or a folder's beginning.
    let drawers: [(name: String, place: String)]
    /// The lists that register, and whatever else may name all of them.
    let lists: [String]
    /// Turns a name into what is looked for.
    let pattern: @Sendable (String) -> String
  }

  private static let sources = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(component: "Sources")

  private static let rules: [Rule] = [
    // The types of results. The command line names what a command records: it is where the study
    // is asked for, and `RunResults` is the list. The demo is a study of others' results.
    Rule(
      testDescription: "types of results",
      drawers: [
        ("EqualityExperiment", "Studies/Equality/"), ("SweepRuns", "Studies/Sweep/"),
        ("AlignmentRuns", "Studies/Alignment/"),
        ("SubspaceComparison", "Studies/Subspaces/"), ("TuningEffects", "Studies/Effects/"),
        ("MethodComparisons", "Studies/Comparison/"), ("MethodSearch", "Studies/Search/"),
        ("SteeringRun", "Studies/Steering/"), ("CostGrowth", "Studies/Growth/"),
        ("ExperimentResult", "Studies/Experiments/"),
        ("FeatureActivity", "Studies/Features/"),
        ("AutoencoderTraining", "Studies/Features/"),
        ("AblationRun", "Studies/Ablation/"), ("TraceRun", "Studies/Tracing/"),
        ("DirectAttributionStudy", "Studies/DirectAttribution/"), ("ProbeStudy", "Studies/Probe/"),
        ("RAVELStudy", "Studies/RAVEL/"), ("MIBStudy", "Studies/MIB/"),
        ("ActivationCollection", "Studies/Collection/"),
      ],
      lists: ["Studies/RunResults.swift", "Studies/Demo/", "InterchangeCLI/"],
      pattern: { "\\b\($0)\\b" }),
    // Their keys in a record, as texts: nobody compares a kind with a name.
    Rule(
      testDescription: "keys of results",
      drawers: [
        ("equality", "Studies/Equality/"), ("sweeps", "Studies/Sweep/"),
        ("alignments", "Studies/Alignment/"), ("fineTuning", "Studies/Effects/"),
        ("comparisons", "Studies/Comparison/"),
      ],
      // A task has the name of an experiment on it.
      lists: ["CausalModels/"],
      pattern: { "\"\($0)\"" }),
    // Commands: nobody asks which one made a record.
    Rule(
      testDescription: "commands",
      drawers: [("examine", "InterchangeCLI/Search/"), ("das", "InterchangeCLI/Search/")],
      // The benchmark's workload of that name is a raw value of its own.
      lists: [], pattern: { "== \"\($0)\"|!= \"\($0)\"" }),
    Rule(
      testDescription: "metrics of sweeps",
      drawers: [
        ("iia", "Alignment/Metrics/"), ("logit-difference", "Alignment/Metrics/"),
        ("normalized-logit-difference", "Alignment/Metrics/"), ("kl", "Alignment/Metrics/"),
      ],
      // The default of `sweep`.
      lists: ["InterchangeCLI/Intervene/SweepCommand.swift"], pattern: { "\"\($0)\"" }),
    Rule(
      testDescription: "architectures",
      drawers: [
        ("llama", "Models/Architectures/"), ("bert", "Models/Architectures/"),
        ("roberta", "Models/Architectures/"),
      ],
      // Tokenizers and chat templates have families of the same names, which files give them; what
      // other tools' formats call a model is theirs.
      lists: ["Tokenizers/", "Exchange/"], pattern: { "\"\($0)\"" }),
    Rule(
      testDescription: "methods",
      drawers: [
        ("loreft", "FineTuning/Methods/"), ("lora", "FineTuning/Methods/"),
        ("bitfit", "FineTuning/Methods/"), ("diff-pruning", "FineTuning/Methods/"),
        ("prefix-tuning", "FineTuning/Methods/"), ("steering", "FineTuning/Methods/"),
        ("probe", "FineTuning/Methods/"), ("full", "FineTuning/Methods/"),
      ],
      // An intervention's own file has its name. Other tools' formats name the methods that they
      // hold; the default of `finetune`; the workloads of the benchmark; steering vectors, whose
      // study has the same key; the command that fits probes of single vectors; a swap of the full
      // vector.
      lists: [
        "Interventions/", "FineTuning/SoftTokens.swift", "Exchange/",
        "InterchangeCLI/Tune/FinetuneCommand.swift", "Studies/Benchmarks/", "Studies/Steering/",
        "FineTuning/Steering/", "Studies/Comparison/FineTuningData+Steering.swift",
        "InterchangeCLI/Attribute/ProbeCommand.swift",
        "Alignment/Attributes/Methods/FullVectorMethod.swift",
      ],
      pattern: { "\"\($0)\"" }),
  ]

  private static func lines(naming pattern: String, outside places: [String]) throws -> [String] {
    let expression = try Regex(pattern)
    let files = try FileManager.default.subpathsOfDirectory(atPath: sources.path)
    return try files.filter { $0.hasSuffix(".swift") }.sorted().flatMap { path -> [String] in
      guard !places.contains(where: path.hasPrefix) else { return [] }
      let text = try String(contentsOf: sources.appending(path: path), encoding: .utf8)
      return text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap {
        number, line in
        // Comments may point to anything.
        let isComment = line.drop { $0 == " " }.hasPrefix("//")
        return !isComment && line.contains(expression)
          ? "\(path):\(number + 1): \(line.drop { $0 == " " })" : nil
      }
    }
  }

  @Test(arguments: rules)
  func isNamedInItsDrawerAlone(rule: Rule) throws {
    for (name, place) in rule.drawers {
      let found = try Self.lines(naming: rule.pattern(name), outside: rule.lists + [place])
      #expect(found.isEmpty, "\(name): \(found.joined(separator: "\n"))")
    }
  }

  /// Every kind of the library has a folder above, so that none is forgotten; those whose values
  /// lower floors make are named there, too.
  @Test func everyKindHasADrawer() {
    let below: Set = [
      "EvaluationResult", "AttentionPatterns", "LayerLens", "TunedLensFit", "HeadDetection",
    ]
    let types = Set(RunResults.kinds.map { "\($0)" }.filter { !$0.contains("Word") })
    #expect(types == below.union(Self.rules[0].drawers.map(\.name)))
  }
}
