/// The reach of a block's positions: the numbers of others that each one sees.
public struct AttentionWindow: Equatable, Sendable {
  /// The number of positions before a position that it sees.
  public var before: Int
  /// The number of positions after it; 0 where positions see only earlier ones.
  public var after: Int

  /// A window of some positions on each side.
  public init(before: Int, after: Int) { (self.before, self.after) = (before, after) }

  /// The number of positions that one sees in a sequence of some length, itself among them.
  func count(from position: Int, length: Int) -> Int {
    min(position, before) + 1 + min(length - 1 - position, after)
  }
}
