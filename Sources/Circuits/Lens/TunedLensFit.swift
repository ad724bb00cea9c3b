import InterchangeBasics

/// The course of a tuned lens's fit: how far each layer's outputs are from the model's own, on
/// held-out texts.
public struct TunedLensFit: Codable, Sendable, Equatable {
  /// The outputs of one reading against the model's own.
  public struct Distance: Codable, Sendable, Equatable {
    /// The mean Kullback–Leibler divergence from the model's outputs, in nats: Σ p log(p / q) with
    /// the model's p.
    public let divergence: Double
    /// The standard error of the mean over texts; 0 for one.
    public let error: Double
    /// The share of positions whose likeliest output is the model's.
    public let agreement: Accuracy
  }

  /// The readings of one layer.
  public struct Row: Codable, Sendable, Equatable {
    /// The layer, counted from 0; nil for the embeddings.
    public let layer: Int?
    /// The logit lens.
    public let plain: Distance
    /// The tuned lens.
    public let tuned: Distance
    /// The ridge penalty that was chosen, in mean variances of a coordinate.
    public let penalty: Double

    /// The layer's number, or `embed`.
    public var name: String { layer.map(String.init) ?? "embed" }
  }

  /// The texts that were fitted.
  public let fitted: Int
  /// The positions of these.
  public let fittedPositions: Int
  /// The texts that were held out.
  public let heldOut: Int
  /// The positions of these.
  public let heldOutPositions: Int
  /// The positions at the beginning of each text that were left out.
  public let skipped: Int
  /// The embeddings, then each layer but the last.
  public let rows: [Row]

  init(
    fitted: Int, fittedPositions: Int, heldOut: Int, heldOutPositions: Int, skipped: Int,
    rows: [Row]
  ) {
    (self.fitted, self.fittedPositions) = (fitted, fittedPositions)
    (self.heldOut, self.heldOutPositions) = (heldOut, heldOutPositions)
    (self.skipped, self.rows) = (skipped, rows)
  }

  /// Reads a fit of at least one layer.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    fitted = try values.decode(Int.self, forKey: .fitted)
    fittedPositions = try values.decode(Int.self, forKey: .fittedPositions)
    heldOut = try values.decode(Int.self, forKey: .heldOut)
    heldOutPositions = try values.decode(Int.self, forKey: .heldOutPositions)
    skipped = try values.decode(Int.self, forKey: .skipped)
    rows = try values.decode([Row].self, forKey: .rows)
    guard !rows.isEmpty else {
      throw DecodingError.dataCorruptedError(
        forKey: .rows, in: values, debugDescription: "expected at least one layer")
    }
  }
}

/// The choices of a tuned lens's fit.
public struct TunedLensSettings: Sendable {
  /// The most positions that are fitted.
  public var positions = 4096
  /// The most positions that are held out.
  public var heldOutPositions = 512
  /// The share of the texts that is held out.
  public var heldOutShare = 0.2
  /// Positions at the beginning of each text that are left out: the first one's vector is unlike
  /// all others in most models.
  public var skipped = 1
  /// The ridge penalties that are tried, in mean variances of a coordinate.
  public var penalties: [Double] = [1e-4, 1e-3, 1e-2, 1e-1, 1]
  /// The seed of the split of texts.
  public var seed: UInt64 = 0

  /// 4096 positions, and 512 of a fifth of the texts.
  public init() {}
}
