/// The way in which a part of a data set was split off, for an experiment's record.
public struct SplitRecord: Hashable, Sendable, Codable {
  /// The two parts of a split.
  public enum Part: String, Sendable, Codable {
    /// The part to fit on.
    case train
    /// The part that is held out.
    case test
  }

  /// The part of the split.
  public let part: Part
  /// The kind of group that the parts do not share, or `nil` for a plain random split.
  public let disjoint: String?
  /// The share of examples that was intended for the train part.
  public let fraction: Double
  /// The seed of the assignment to parts.
  public let seed: UInt64
  /// The number of examples that are in neither part because they mix members of both.
  public let dropped: Int
}
