import Foundation
import InterchangeBasics
import InterchangeCausalModels
import InterchangeCircuits
import InterchangeModels

/// Labeled texts for a probe: encoded, with the position that is read, and split so that fit and
/// test share no members of the group.
///
/// ```swift
/// let model = try LanguageModel("SmolLM2-135M-Instruct.Q4_1.gguf")
/// let data = try ProbeData(
///   "agreement", label: "subjectNumber", position: .endOfSpan("subject"), for: model)
/// let report = try model.network.probe(data.examples, layers: Array(0..<model.layers))
/// print(report.layers.map { $0.test.value })
/// ```
public struct ProbeData: Sendable {
  /// The task's or the file's name.
  public let name: String
  /// The name of what the labels are values of.
  public let label: String
  /// The positions as they were named.
  public let position: Positions
  /// The things to which the control task gives random labels.
  public let type: String
  /// The kind of thing that fit and test don't share.
  public let disjoint: String
  /// The examples.
  public let examples: [ProbeExample]
  /// Remarks for the user, a line each.
  public let notes: [String]

  /// The data of a task, a question document, or a file of labeled texts.
  ///
  /// - Parameters:
  ///   - source: a task's name or a path
  ///   - label: the variable of the task's causal model whose value is the label; the usual one
  ///     when nil. A file has its labels.
  ///   - position: one position of each text
  ///   - type: what the control task gives random labels to: `token`, the one at the position, the
  ///     name of a span, or `group`; when nil the first of these that has at least twice as many
  ///     values as there are labels, most of them several times, spans after the position left out
  ///   - count: how many texts; by default a task's 512, a file's all
  /// - Throws: `CausalModelError` for an unknown task or variable, `DatasetError` for a file,
  ///   `ModelError` for a position that a text lacks, `CircuitError` for several positions, or a
  ///   type that there is not.
  public init(
    _ source: String, label: String? = nil, position: Positions = .last, type: String? = nil,
    count: Int? = nil, trainShare: Double = 0.7, for model: LanguageModel, seed: UInt64 = 0
  ) throws {
    try requireMemory(2048 * Double(count ?? 512), for: "\(count ?? 512) texts")
    let texts = try LabeledTexts(source, label: label, count: count, seed: seed)
    (name, self.label, self.position) = (texts.name, texts.label, position)
    let encoded = texts.texts.map { model.encode($0.text.text) }
    let positions = try zip(texts.texts, encoded).map { text, encoded in
      let spans = text.text.spans.mapValues { encoded.tokens(in: $0) }
      let found = try position.resolved(length: encoded.length, spans: spans)
      guard found.count == 1 else {
        throw CircuitError.invalidSetting(
          name: "position", expected: "one position of each text, such as -1 or subject.end",
          found: "\(found.count) in '\(text.text.text)'")
      }
      return found[0]
    }
    let sides = try texts.sides(trainShare: trainShare, seed: seed)
    disjoint = texts.isGrouped ? texts.group : "texts"
    let tokens = zip(encoded, positions).map { model.label(of: $0.ids[$1]) }
    let kept = sides.indices.filter { sides[$0] != nil }
    // What comes after the position, a decoder's vector can't know.
    let seen = texts.spans.filter { name in
      !model.architecture.isCausal
        || zip(zip(texts.texts, encoded), positions).allSatisfy { pair, position in
          pair.1.tokens(in: pair.0.text.spans[name] ?? 0..<0).upperBound <= position + 1
        }
    }
    (self.type, notes) = try Self.type(type, texts, tokens, kept, spans: seen)
    let types = texts.types(self.type, tokens: tokens)
    examples = kept.map { index in
      ProbeExample(
        encoded[index].input, position: positions[index], label: texts.texts[index].label,
        type: types?[index] ?? tokens[index], isTest: sides[index] == .test)
    }
  }

  /// The type that the control task has, and what is to be told of the data.
  private static func type(
    _ wanted: String?, _ texts: LabeledTexts, _ tokens: [String], _ kept: [Int], spans: [String]
  ) throws -> (String, [String]) {
    var notes = texts.notes
    if kept.count < tokens.count {
      notes.append(
        "\(tokens.count - kept.count) texts left out: mix \(texts.group) of both parts")
    }
    let groups = texts.isGrouped ? ["group"] : []
    if let wanted {
      guard texts.types(wanted, tokens: tokens) != nil else {
        throw CircuitError.invalidSetting(
          name: "type",
          expected: "one of " + (["token"] + texts.spans + groups).joined(separator: ", "),
          found: wanted)
      }
      return (wanted, notes)
    }
    let labels = Set(texts.texts.map(\.label)).count
    let candidates = ["token"] + spans + groups
    let usable = candidates.first { name in
      let types = texts.types(name, tokens: tokens) ?? []
      let counts = Dictionary(grouping: kept.map { types[$0] }, by: { $0 }).mapValues(\.count)
      // Of a type that occurs once, the fit or the test sees nothing.
      let repeated = counts.values.filter { $0 > 1 }.reduce(0, +)
      return counts.count >= 2 * labels && 2 * repeated >= kept.count
    }
    if usable == nil {
      notes.append(
        "nothing in these texts has both many values and most of them several times: what the "
          + "control task can memorize is little, and selectivity says little")
    }
    return (usable ?? candidates[candidates.count - 1], notes)
  }
}
