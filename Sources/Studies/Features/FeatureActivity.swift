import Foundation
import InterchangeAlignment
import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// The texts that an autoencoder's features respond to, and the share of vectors that it explains.
public struct FeatureActivity: Codable, Sendable {
  /// A place where a feature is active.
  public struct Example: Codable, Sendable, Equatable {
    /// The text, counted from 0.
    public let text: Int
    /// The position in it.
    public let position: Int
    /// The feature's value there.
    public let value: Double
    /// The text around it, with the token itself between « and ».
    public let context: String
  }

  /// One feature over all positions.
  public struct Feature: Codable, Sendable, Equatable {
    /// Its number.
    public let index: Int
    /// The positions at which it is above 0.
    public let active: Int
    /// The largest value.
    public let maximum: Double
    /// The mean where it is above 0; 0 where it never is.
    public let mean: Double
    /// The places of its largest values, the largest first, at most one a text.
    public let examples: [Example]
  }

  /// The features' values at each token of one text.
  public struct Trace: Codable, Sendable, Equatable {
    public let tokens: [String]
    /// [features][tokens], in the order of ``FeatureActivity/features``.
    public let values: [[Double]]
  }

  /// The likeliest outputs before and after features are set to values.
  public struct Clamping: Codable, Sendable {
    public let text: String
    /// The values by the features' numbers.
    public let values: [Int: Double]
    public let before: [Prediction]
    public let after: [Prediction]

    public init(text: String, values: [Int: Double], before: [Prediction], after: [Prediction]) {
      (self.text, self.values, self.before, self.after) = (text, values, before, after)
    }
  }

  public let site: String
  /// The autoencoder in a line.
  public let autoencoder: String
  /// The number of features.
  public let count: Int
  /// The texts.
  public let texts: Int
  /// The positions of all texts that were counted.
  public let positions: Int
  /// The positions at the beginning of each text that weren't.
  public let skipped: Int
  /// The share of the vectors' variance that the reconstruction says; nil of a transcoder.
  public let explained: Double?
  /// The mean number of features above 0 at a position.
  public let activePerPosition: Double
  /// Features that are above 0 nowhere.
  public let silent: Int
  public let features: [Feature]
  public let trace: Trace?
  public var clamping: Clamping?
}

extension LanguageModel {
  /// The activity of an autoencoder's features over texts.
  ///
  /// ```swift
  /// let model = try LanguageModel("SmolLM2-135M-Instruct.Q4_1.gguf")
  /// let (autoencoder, _) = try SparseAutoencoder.read(contentsOf: URL(filePath: "sae"))
  /// let activity = try model.featureActivity(
  ///   of: autoencoder, at: .blockOutput(20), over: ["The keys to the cabinet are on the table."])
  /// print(activity.explained ?? 0, activity.activePerPosition)
  /// ```
  ///
  /// - Parameters:
  ///   - site: whose vectors at all positions are described; its own positions don't matter
  ///   - chosen: the features; by default those with the largest values
  ///   - top: how many features, where none are chosen
  ///   - examples: how many places of each
  ///   - skipping: positions at the beginning of each text that aren't counted: the first one's
  ///     vector is unlike all others in most models
  ///   - traced: the text whose tokens' values are kept
  /// - Throws: `ModelError` for a site that the model lacks, `InterventionError` for an autoencoder
  ///   of another width or a feature that it lacks.
  public func featureActivity(
    of autoencoder: SparseAutoencoder, at site: Site, over texts: [String],
    features chosen: [Int]? = nil, top: Int = 10, examples: Int = 5, skipping: Int = 1,
    traced: String? = nil, progress: (Int, Int) -> Void = { _, _ in }
  ) throws -> FeatureActivity {
    let width = try width(of: site)
    guard autoencoder.width == width else {
      throw InterventionError.widthMismatch(
        name: site.description, expected: autoencoder.width, found: width)
    }
    if let other = chosen?.first(where: { !(0..<autoencoder.featureCount).contains($0) }) {
      throw InterventionError.invalidFile(
        path: "features", field: "\(other)",
        expected: "numbers from 0 to \(autoencoder.featureCount - 1)", found: "\(other)")
    }
    var count = ActivityCount(autoencoder, examples: examples)
    for (index, text) in texts.enumerated() {
      let (rows, tokens) = try vectors(of: text, at: site)
      try count.add(rows, tokens, text: index, skipping: skipping)
      progress(index + 1, texts.count)
    }
    guard count.positions > 0 else {
      throw InterventionError.tooFewRows(rows: 0, needed: 0)
    }
    let indices = chosen ?? count.largest(top)
    let trace = try traced.map { text in
      let (rows, tokens) = try vectors(of: text, at: site)
      let features = autoencoder.encode(rows)
      return FeatureActivity.Trace(
        tokens: tokens,
        values: indices.map { index in tokens.indices.map { Double(features[$0, index]) } })
    }
    return FeatureActivity(
      site: "\(site.name) \(site.layer)" + (site.head.map { " head \($0)" } ?? ""),
      autoencoder: "\(autoencoder.featureCount) features of \(width) coordinates, "
        + autoencoder.activation.name,
      count: autoencoder.featureCount, texts: texts.count, positions: count.positions,
      skipped: skipping, explained: autoencoder.isTranscoder ? nil : count.explained,
      activePerPosition: count.activePerPosition, silent: count.silent,
      features: indices.map(count.feature), trace: trace, clamping: nil)
  }

  /// The likeliest outputs after a text, before and after features are set to values at every
  /// position.
  ///
  /// - Throws: as ``featureActivity(of:at:over:features:top:examples:skipping:traced:progress:)``,
  ///   and `InterventionError` for a transcoder, whose features another component has.
  public func clamping(
    _ values: [Int: Double], of autoencoder: SparseAutoencoder, at site: Site, after text: String,
    top: Int = 5
  ) throws -> FeatureActivity.Clamping {
    let width = try width(of: site)
    guard autoencoder.width == width else {
      throw InterventionError.widthMismatch(
        name: site.description, expected: autoencoder.width, found: width)
    }
    guard !autoencoder.isTranscoder else {
      throw InterventionError.invalidFile(
        path: "clamp", field: "autoencoder", expected: "one that writes what it reads",
        found: "a transcoder")
    }
    if let other = values.keys.sorted().first(where: {
      !(0..<autoencoder.featureCount).contains($0)
    }) {
      throw InterventionError.invalidFile(
        path: "clamp", field: "feature", expected: "0 to \(autoencoder.featureCount - 1)",
        found: "\(other)")
    }
    let edit = FeatureEdit.clamp(values.mapValues(Float.init), of: autoencoder)
    let input = encode(text).input
    let positions = Array(0..<network.positionCount(of: input, at: site))
    let cells = Cells(site, positions: [positions])
    func predictions(_ edits: [Edit]) throws -> [Prediction] {
      let logits = try run(network.measuring([input], edits: edits)).logits!
      return self.top(top, of: logits)
    }
    return FeatureActivity.Clamping(
      text: text, values: values, before: try predictions([]),
      after: try predictions([Edit(cells, isRowwise: true) { edit($0, sources: []) }]))
  }

  /// The vectors at all positions of a text, with the tokens as labels show them.
  private func vectors(of text: String, at site: Site) throws -> (rows: Tensor, tokens: [String]) {
    let encoded = encode(text)
    let positions = Array(0..<network.positionCount(of: encoded.input, at: site))
    let rows = try activations(at: site, [encoded.input], positions: [positions])
    return (rows, positions.map { label(of: encoded.ids[$0]) })
  }
}

/// Sums over positions, one text after the other.
private struct ActivityCount {
  private let autoencoder: SparseAutoencoder
  private let examples: Int
  private(set) var positions = 0
  private var active: [Int]
  private var sums: [Double]
  private var best: [[FeatureActivity.Example]]
  private var rebuilding: ReconstructionSums

  init(_ autoencoder: SparseAutoencoder, examples: Int) {
    (self.autoencoder, self.examples) = (autoencoder, examples)
    active = Array(repeating: 0, count: autoencoder.featureCount)
    sums = Array(repeating: 0, count: autoencoder.featureCount)
    best = Array(repeating: [], count: autoencoder.featureCount)
    rebuilding = ReconstructionSums(width: autoencoder.width)
  }

  mutating func add(
    _ rows: Tensor, _ tokens: [String], text: Int, skipping: Int
  ) throws {
    guard rows.rows > skipping else { return }
    let features = autoencoder.encode(rows)
    if let place = features.elements.firstIndex(where: { !$0.isFinite }) {
      throw InterventionError.invalidFile(
        path: "text \(text)", field: "feature \(place % features.width)", expected: "a number",
        found: "none at position \(place / features.width)")
    }
    var largest: [Int: (position: Int, value: Float)] = [:]
    features.withElements { values in
      for position in skipping..<rows.rows {
        for feature in 0..<features.width {
          let value = values[position * features.width + feature]
          guard value > 0 else { continue }
          active[feature] += 1
          sums[feature] += Double(value)
          if value > largest[feature]?.value ?? 0 { largest[feature] = (position, value) }
        }
      }
    }
    for (feature, place) in largest { keep(feature, place, tokens, text) }
    positions += rows.rows - skipping
    if !autoencoder.isTranscoder {
      rebuilding.add(rows, rebuilt: autoencoder.decode(features, of: rows), skipping: skipping)
    }
  }

  private mutating func keep(
    _ feature: Int, _ place: (position: Int, value: Float), _ tokens: [String], _ text: Int
  ) {
    let value = Double(place.value)
    guard best[feature].count < examples || value > best[feature].last?.value ?? 0 else { return }
    let range = max(0, place.position - 8)..<min(tokens.count, place.position + 5)
    let context = range.map { index in
      let token = tokens[index].replacing("␣", with: " ")
      guard index == place.position else { return token }
      let space = token.prefix { $0 == " " }
      return space + "«\(token.dropFirst(space.count))»"
    }.joined()
    best[feature].append(
      FeatureActivity.Example(
        text: text, position: place.position, value: value,
        context: (range.lowerBound > 0 ? "…" : "") + context
          + (range.upperBound < tokens.count ? "…" : "")))
    best[feature].sort { ($0.value, $1.text) > ($1.value, $0.text) }
    if best[feature].count > examples { best[feature].removeLast() }
  }

  var explained: Double { rebuilding.explained }
  var activePerPosition: Double { Double(active.reduce(0, +)) / Double(positions) }
  var silent: Int { active.count { $0 == 0 } }

  /// The features with the largest values, the largest first.
  func largest(_ count: Int) -> [Int] {
    let order = best.indices.filter { !best[$0].isEmpty }.sorted {
      (best[$0][0].value, $1) > (best[$1][0].value, $0)
    }
    return Array(order.prefix(count))
  }

  func feature(_ index: Int) -> FeatureActivity.Feature {
    FeatureActivity.Feature(
      index: index, active: active[index], maximum: best[index].first?.value ?? 0,
      mean: active[index] == 0 ? 0 : sums[index] / Double(active[index]), examples: best[index])
  }
}
