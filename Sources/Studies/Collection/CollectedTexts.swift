import Foundation
import InterchangeBasics
import InterchangeCausalModels
import InterchangeDatasets
import InterchangeModels

/// Texts whose activations are collected, with the places of their named parts, and with labels
/// where they have some.
public struct CollectedTexts: Sendable {
  /// The file's or the task's name.
  public let name: String
  /// The texts with their named parts.
  public let texts: [SpannedText]
  /// The name of what the labels are values of; nil without labels.
  public let label: String?
  /// The label of each text; nil without labels.
  public let labels: [String]?
  /// Remarks for the user, a line each.
  public let notes: [String]

  /// Given texts.
  ///
  /// - Parameters:
  ///   - label: the name of what the labels are values of
  ///   - labels: one for each text; nil without labels
  public init(
    _ name: String, texts: [SpannedText], label: String? = nil, labels: [String]? = nil
  ) {
    require(
      labels.map { $0.count == texts.count } ?? true,
      "CollectedTexts: expected a label for each of \(texts.count) texts")
    (self.name, self.texts, self.label, self.labels) = (name, texts, label, labels)
    notes = []
  }

  /// The lines of a file, those that are empty left out.
  ///
  /// - Parameter count: how many of the first; all by default
  /// - Throws: `DatasetError` for a file of another form, or without a text.
  public init(linesOf url: URL, count: Int? = nil) throws {
    let lines = try TextLines.read(url).prefix(count ?? .max)
    self.init(url.lastPathComponent, texts: lines.map { SpannedText($0) })
  }

  /// The texts of a task, a question document, a file of labeled texts, or a file of pairs, each
  /// once.
  ///
  /// - Parameters:
  ///   - source: a task's name or a path
  ///   - label: the variable of the task's causal model whose value is the label; the usual one
  ///     when nil. Pairs have no labels.
  ///   - count: how many texts; by default a task's 512, all of a file of labeled texts
  /// - Throws: as `PairSources.named`, and for a label that there is not.
  public init(
    _ source: String, label: String? = nil, count: Int? = nil, seed: UInt64 = 0
  ) throws {
    try requireMemory(2048 * Double(count ?? 512), for: "\(count ?? 512) texts")
    let url = URL(userPath: source)
    guard !(url.exists && ProbeFile.reads(url)),
      case let pairs = try PairSources.named(source), !(pairs is TaskPairs)
    else {
      let found = try LabeledTexts(source, label: label, count: count, seed: seed)
      name = found.name
      texts = found.texts.prefix(count ?? .max).map(\.text)
      self.label = found.label
      labels = found.texts.prefix(count ?? .max).map(\.label)
      notes = found.notes
      return
    }
    if let label {
      throw CollectionError(
        description: "\(source): a file of pairs has no labels, found --label \(label)")
    }
    let parts = try pairs.parts(
      PairWish(count: count ?? pairs.usualCount ?? 512, trainShare: 0.7, seed: seed))
    var known: Set<String> = []
    let all = (parts.train + parts.test).flatMap { [$0.base] + $0.sources }
    name = pairs.name
    texts = Array(all.filter { known.insert($0.text).inserted }.prefix(count ?? .max))
    (self.label, labels, notes) = (nil, nil, parts.notes)
  }
}

/// Texts or sites whose activations can't be collected.
public struct CollectionError: ClassifiedError, CustomStringConvertible {
  /// One line with the text or the site, what was expected and what was found.
  public let description: String
}
