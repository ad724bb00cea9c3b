/// A word that a page uses, as its key explains it.
public struct ReportTerm: Sendable, Hashable {
  /// The word, as the key shows it.
  public let name: String
  /// The explanation, in a sentence or two.
  public let definition: String
  /// The place in a key: smaller numbers come first, equal ones by name.
  public let order: Int

  /// A term of a study, or one that several have.
  public init(_ name: String, order: Int, _ definition: String) {
    (self.name, self.order, self.definition) = (name, order, definition)
  }
}

extension ReportTerm {
  /// The interval beside a share.
  public static let interval = ReportTerm(
    "95 % interval", order: 12,
    "Wilson’s score interval of a share of n (1927). It tells what the size of the sample "
      + "leaves open; not what another seed, data set or model would give.")

  /// The baseline of an answer that never changes.
  public static let constantAnswer = ReportTerm(
    "Most frequent answer", order: 14,
    "What giving always the same answer would reach: what knowing nothing of the input gives.")
}
