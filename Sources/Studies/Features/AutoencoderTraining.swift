import Foundation
import InterchangeAlignment
import InterchangeBasics
import InterchangeInterventions
import InterchangeModels
import InterchangeTensors

/// A sparse autoencoder that was trained on a model's vectors over texts, judged on other texts.
public struct AutoencoderTraining: Codable, Sendable {
  public let site: String
  /// The texts of the training.
  public let texts: Int
  /// The texts that only judged it.
  public let heldOutTexts: Int
  /// The positions at the beginning of each text that were left out.
  public let skipped: Int
  public let fit: SparseAutoencoderFit
}

/// The gathering of a model's vectors over texts, and the training of an autoencoder on them.
///
/// ```swift
/// let model = try LanguageModel("SmolLM2-135M-Instruct.Q4_1.gguf")
/// let study = AutoencoderStudy(
///   site: .blockOutput(20), training: SparseAutoencoderTraining(features: 64, active: 8, steps: 50))
/// let (autoencoder, result) = try study.run(
///   model, over: ["The keys to the cabinet are on the table.", "Paris is the capital of France."])
/// print(autoencoder.featureCount, result.fit.explained ?? 0)
/// ```
public struct AutoencoderStudy: Sendable {
  /// The place of the vectors, at all positions.
  public var site: Site
  public var training: SparseAutoencoderTraining
  /// The share of the texts that only judges.
  public var heldOutShare = 0.1
  /// Positions at the beginning of each text that are left out: the first one's vector is unlike
  /// all others in most models.
  public var skipping = 1
  /// Positions at which gathering ends; each is a row of the site's width, 4 bytes a number.
  public var maximumRows = 100_000

  public init(site: Site, training: SparseAutoencoderTraining) {
    (self.site, self.training) = (site, training)
  }

  /// Gathers the vectors and trains.
  ///
  /// A text that occurs twice counts once, so that no held-out text is one of the training. Vectors
  /// that are farther out than `SparseAutoencoderTraining.farthest` are left out.
  ///
  /// - Parameters:
  ///   - gathering: called with the texts that are done and all
  ///   - fitting: called after every step
  /// - Throws: `ModelError` for a site that the model lacks, `AlignmentError` for a setting that
  ///   can't work or texts that give no rows.
  public func run(
    _ model: LanguageModel, over texts: [String],
    gathering: (_ done: Int, _ all: Int) -> Void = { _, _ in },
    fitting: (FitProgress) -> Void = { _ in }
  ) throws -> (autoencoder: SparseAutoencoder, result: AutoencoderTraining) {
    try training.validate()
    let check = SettingCheck(error: AlignmentError.invalidSetting)
    try check((0..<1).contains(heldOutShare), "held-out share", "0 to below 1", heldOutShare)
    try check(skipping >= 0, "positions that are left out", "0 or more", skipping)
    try check(maximumRows >= 4, "rows", "at least 4", maximumRows)
    var generator = RandomGenerator(seed: training.seed ^ 0x7E57)
    var seen: Set<String> = []
    let texts = texts.filter { seen.insert($0).inserted }.shuffled(using: &generator)
    let count =
      heldOutShare > 0 && texts.count > 1
      ? min(texts.count - 1, max(1, Int(Double(texts.count) * heldOutShare))) : 0
    let share = Int(Double(maximumRows) * heldOutShare)
    let heldOut = try rows(
      of: texts.prefix(count), in: model, most: max(2, share)
    ) { gathering($0, texts.count) }
    let rows = try rows(
      of: texts.dropFirst(count), in: model, most: maximumRows - share
    ) { gathering(count + $0, texts.count) }
    gathering(texts.count, texts.count)
    let (autoencoder, fit) = try training.fit(
      rows.rows, heldOut: heldOut.rows.rows > 0 ? heldOut.rows : nil, progress: fitting)
    return (
      autoencoder,
      AutoencoderTraining(
        site: "\(site.name) \(site.layer)" + (site.head.map { " head \($0)" } ?? ""),
        texts: rows.texts, heldOutTexts: heldOut.texts, skipped: skipping, fit: fit)
    )
  }

  /// The vectors of texts, as far as a number of rows, and the number of texts that they are of.
  private func rows(
    of texts: ArraySlice<String>, in model: LanguageModel, most: Int, _ progress: (Int) -> Void
  ) throws -> (rows: Tensor, texts: Int) {
    var (parts, count, used) = ([Tensor](), 0, 0)
    for batch in Array(texts).chunked(16) where count < most {
      let rows = try model.hiddenRows(at: site, of: batch, skipping: skipping)
      used += batch.count
      progress(used)
      guard rows.rows > 0 else { continue }
      parts.append(rows.rowSlice(0..<min(rows.rows, most - count)))
      count += parts[parts.count - 1].rows
    }
    guard !parts.isEmpty else { return (.zeros([0, try model.width(of: site)]), used) }
    return (.concatenatingRows(parts), used)
  }
}
