import InterchangeBasics

/// The training of a DAS fit.
public struct AlignmentSettings: Sendable, Equatable {
  /// The length of the training.
  public var budget = FitBudget.standard
  /// Examples in a step.
  public var batchSize = 32
  /// The highest rate; nil for 0.2 / √width, at which a step turns a row by about 0.2 radians.
  public var learningRate: Double?
  /// The share of all steps over which the rate rises; until convergence, of the first 100 steps.
  public var warmup = 0.1
  /// The share of the training examples that training only watches, at most 256 of them; 0 for
  /// none.
  public var validationShare = 0.15
  /// Checks, or epochs, without a lower validation loss that make a plateau.
  public var patience = 4
  /// The seed of the rotation's start and of the examples' order.
  public var seed: UInt64 = 0

  /// The default settings.
  public init() {}

  /// The passes of a budget of epochs, nil for another budget; setting it sets ``budget``.
  public var epochs: Int? {
    get { if case .epochs(let count) = budget { count } else { nil } }
    set { budget = newValue.map(FitBudget.epochs) ?? .standard }
  }

  /// The highest rate at a site of some width.
  public func rate(width: Int) -> Double { learningRate ?? 0.2 / Double(width).squareRoot() }

  func validate() throws {
    let check = SettingCheck(error: AlignmentError.invalidSetting)
    try budget.validate(check)
    try check(batchSize >= 1, "batch size", "at least 1", batchSize)
    if let learningRate {
      try check(
        learningRate > 0 && learningRate.isFinite, "learning rate", "a number above 0",
        learningRate)
    }
    try check((0...1).contains(warmup), "warm-up", "0 to 1", warmup)
    try check(patience >= 1, "patience", "at least 1", patience)
    try check((0..<1).contains(validationShare), "validation share", "0 to 1", validationShare)
  }

  /// The number of `count` training examples that are only watched: the share, but at least 8 where
  /// that leaves three quarters to train on, and at most 256. None of fewer than 8.
  func validationCount(of count: Int) -> Int {
    guard count >= 8, validationShare > 0 else { return 0 }
    return min(256, max(Int(Double(count) * validationShare), min(8, count / 4)))
  }
}

extension AlignmentSettings: Codable {
  private enum CodingKeys: String, CodingKey {
    case batchSize, learningRate, warmup, validationShare, patience, seed
  }

  /// Reads settings; the budget's key stands beside the others.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    budget = try FitBudget(from: decoder)
    batchSize = try values.decode(Int.self, forKey: .batchSize)
    learningRate = try values.decodeIfPresent(Double.self, forKey: .learningRate)
    warmup = try values.decode(Double.self, forKey: .warmup)
    validationShare = try values.decode(Double.self, forKey: .validationShare)
    patience = try values.decode(Int.self, forKey: .patience)
    seed = try values.decode(UInt64.self, forKey: .seed)
  }

  public func encode(to encoder: any Encoder) throws {
    try budget.encode(to: encoder)
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(batchSize, forKey: .batchSize)
    try values.encodeIfPresent(learningRate, forKey: .learningRate)
    try values.encode(warmup, forKey: .warmup)
    try values.encode(validationShare, forKey: .validationShare)
    try values.encode(patience, forKey: .patience)
    try values.encode(seed, forKey: .seed)
  }
}
