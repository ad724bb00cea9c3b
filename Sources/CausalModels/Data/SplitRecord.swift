/// How a part of a data set was split off, for an experiment's record.
public struct SplitRecord: Hashable, Sendable, Codable {
  /// The two parts of a split.
  public enum Part: String, Sendable, Codable {
    /// The part to fit on.
    case train
    /// The part that is held out.
    case test
  }

  /// Which part this is.
  public let part: Part
  /// The kind of group that the parts do not share, or `nil` for a plain random split.
  public let disjoint: String?
  /// The share of examples that was asked for the train part.
  public let fraction: Double
  /// The seed that decided who goes where.
  public let seed: UInt64
  /// How many examples are in neither part because they mix members of both.
  public let dropped: Int
}
