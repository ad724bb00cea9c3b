import Foundation
import InterchangeBasics
import InterchangeCausalModels

/// Texts with labels, of a task or a file.
struct LabeledTexts {
  /// A text with its label, its named parts and its group's members.
  struct LabeledText {
    var text: SpannedText
    var label: String
    var members: Set<String>
    /// The part that a file puts it in; nil where the split decides.
    var side: SplitRecord.Part?
  }

  let name: String
  let label: String
  let group: String
  var texts: [LabeledText]
  var notes: [String] = []

  /// The data behind a name or a path.
  init(_ source: String, label: String?, count: Int?, seed: UInt64) throws {
    let url = URL(userPath: source)
    if !BuiltInTasks.forLanguageModels.contains(where: { $0.name == source }), url.exists,
      ProbeFile.reads(url)
    {
      guard label == nil else {
        throw DatasetColumnError(
          description: "\(source): a file of labeled texts has one label, found --label "
            + "\(label ?? "")")
      }
      self = try ProbeFile(contentsOf: url).texts(count: count, seed: seed)
      return
    }
    guard let pairs = try PairSources.named(source) as? TaskPairs else {
      throw DatasetColumnError(
        description: "\(source): expected a task, a question document, or a file with text and "
          + "label (.jsonl, .csv), found pairs, whose texts have no labels of their own")
    }
    try self.init(
      pairs.task, label: label, count: count ?? pairs.usualCount ?? 512, seed: seed)
  }

  init(_ name: String, label: String, group: String, texts: [LabeledText], notes: [String]) {
    (self.name, self.label, self.group) = (name, label, group)
    (self.texts, self.notes) = (texts, notes)
  }

  private init(
    _ task: some CausalTask<Prompt>, label: String?, count: Int, seed: UInt64
  ) throws {
    let model = try task.causalModel
    let usual = task.changes.first?.variables.first ?? model.output
    let label = label ?? usual
    guard model.variables.contains(label) else {
      throw CausalModelError.unknownVariable(label, known: model.variables)
    }
    var notes: [String] = []
    // Pairs are drawn so that their groups can be kept apart: both texts of each.
    let pairs: CounterfactualDataset<Prompt>
    let change = task.changeNames[0]
    do {
      pairs = try task.counterfactuals(changing: change, count: (count + 1) / 2, seed: seed)
    } catch CausalModelError.notEnoughExamples(_, let asked, let found) where found > 1 {
      pairs = try task.counterfactuals(changing: change, count: found, seed: seed)
      notes = ["\(task.name) has \(found) different pairs of texts, not \(asked)"]
    }
    var known: Set<String> = []
    let texts = try pairs.flatMap { pair in
      try ([pair.base] + pair.sources).filter { known.insert($0.text).inserted }.map { prompt in
        LabeledText(
          text: SpannedText(prompt.text, spans: prompt.spans),
          label: try model.run(prompt.setting)[label]?.description ?? "",
          members: pair.members(of: task.group))
      }
    }
    self.init(task.name, label: label, group: task.group.rawValue, texts: texts, notes: notes)
  }

  /// Tells whether every text has members of a group.
  var isGrouped: Bool { texts.allSatisfy { !$0.members.isEmpty } }

  /// The spans that all texts have, by name.
  var spans: [String] {
    guard let first = texts.first else { return [] }
    return first.text.spans.keys.sorted().filter { name in
      texts.allSatisfy { $0.text.spans[name] != nil }
    }
  }

  /// The part of each text; nil for one that mixes members of both.
  func sides(trainShare: Double, seed: UInt64) throws -> [SplitRecord.Part?] {
    if texts.contains(where: { $0.side != nil }) { return texts.map { $0.side ?? .train } }
    var generator = SplitMix64(seed: seed)
    guard isGrouped else {
      return try GroupSplit.random(texts.count, fraction: trainShare, using: &generator)
    }
    return try GroupSplit(texts.map(\.members), fraction: trainShare).sides(
      disjoint: GroupKind(rawValue: group), using: &generator)
  }

  /// The type of each text, by what types are; nil for an unknown name.
  func types(_ name: String, tokens: [String]) -> [String]? {
    switch name {
    case "token": return tokens
    case "group" where isGrouped: return texts.map { $0.members.sorted().joined(separator: ", ") }
    default:
      guard spans.contains(name) else { return nil }
      return texts.map { text in
        let bytes = Array(text.text.text.utf8)
        let span = text.text.spans[name] ?? 0..<0
        return String(decoding: bytes[span.clamped(to: 0..<bytes.count)], as: UTF8.self)
      }
    }
  }
}

/// A file or a column that a probe can't take its labels from.
struct DatasetColumnError: ClassifiedError, CustomStringConvertible {
  let description: String
}
