import Foundation
import InterchangeBasics
import InterchangeModels

/// The scores of one method: Cause, Iso and Disentangle of each attribute and part.
public struct AttributeMethodScores: Codable, Sendable {
  /// A fit from one seed.
  public struct Run: Codable, Sendable {
    /// The size of an attribute's swap.
    public struct Swap: Codable, Sendable, Equatable {
      public let attribute: String
      /// The directions, or features, that are swapped.
      public let size: Int
      /// A remark on what was found.
      public let note: String?
    }

    /// The accuracies of a part.
    public struct Part: Codable, Sendable {
      public let part: AttributePairs.Part
      public let attributes: [AttributeReport]
    }

    public let seed: UInt64
    public let swaps: [Swap]
    public let parts: [Part]
  }

  /// The scores of an attribute, or of all, in a part.
  public struct Scores: Sendable {
    /// Swaps that should cause the attribute and do.
    public let cause: ShareScore
    /// Swaps that should leave other attributes and do.
    public let isolation: ShareScore
    /// The mean of both.
    public let disentangle: ShareScore
  }

  /// The method's name on the command line, and in tables.
  public let name: String
  public let title: String
  /// The site that it was measured at; nil in earlier records, and before it is known.
  public private(set) var site: String?
  /// The scores by which its own site was chosen, on training pairs; nil where it shares one with
  /// the other methods.
  public private(set) var layers: [AttributeComparison.SiteScore]?
  /// One for each seed.
  public let runs: [Run]
  /// The same fit on a randomly initialized model; nil where that wasn't done.
  public let randomModel: Run?
  /// The largest change of a logit when bases are swapped with themselves: anything but 0 is a
  /// defect.
  public let selfSwapChange: Float
  /// Seconds of all seeds' fits and measurements.
  public let seconds: Double

  init(
    name: String, title: String, runs: [Run], randomModel: Run?, selfSwapChange: Float,
    seconds: Double
  ) {
    (self.name, self.title, self.runs, self.randomModel) = (name, title, runs, randomModel)
    (self.selfSwapChange, self.seconds) = (selfSwapChange, seconds)
  }

  /// The same with the site, and the scores by which it was chosen.
  func placed(
    at site: Site, layers: [AttributeComparison.SiteScore]?
  ) -> AttributeMethodScores {
    var scores = self
    (scores.site, scores.layers) = (site.description, layers)
    return scores
  }

  /// The scores of an attribute in a part; nil where it wasn't measured.
  public func scores(_ part: AttributePairs.Part, _ attribute: String) -> Scores? {
    Self.scores(runs, part, attribute)
  }

  /// The means over all attributes in a part; nil where it wasn't measured.
  public func scores(_ part: AttributePairs.Part) -> Scores? { Self.scores(runs, part) }

  /// The share of swaps that cause what they should, over all attributes of a part; nil where it
  /// wasn't measured. Pairs that should leave aren't needed.
  public func cause(_ part: AttributePairs.Part) -> ShareScore? { Self.cause(runs, part) }

  /// The same of the fit on the random model.
  public func randomCause(_ part: AttributePairs.Part) -> ShareScore? {
    randomModel.flatMap { Self.cause([$0], part) }
  }

  static func cause(_ runs: [Run], _ part: AttributePairs.Part) -> ShareScore? {
    let attributes = runs.first?.parts.first { $0.part == part }?.attributes.count ?? 0
    let all = (0..<attributes).compactMap { place -> ShareScore? in
      let causes = runs.compactMap { run in
        run.parts.first { $0.part == part }?.attributes[place].cause
      }
      return causes.count == runs.count ? ShareScore(seeds: causes) : nil
    }
    return all.isEmpty || all.count < attributes ? nil : ShareScore(meanOf: all)
  }

  /// The means over all attributes of the fit on the random model.
  public func randomScores(_ part: AttributePairs.Part) -> Scores? {
    randomModel.flatMap { Self.scores([$0], part) }
  }

  private static func scores(
    _ runs: [Run], _ part: AttributePairs.Part, _ attribute: String
  ) -> Scores? {
    let reports = runs.compactMap { run in
      run.parts.first { $0.part == part }?.attributes.first { $0.attribute == attribute }
    }
    let (causes, leaves) = (reports.compactMap(\.cause), reports.compactMap(\.leave))
    guard !runs.isEmpty, causes.count == runs.count, leaves.count == runs.count else { return nil }
    let (cause, isolation) = (ShareScore(seeds: causes), ShareScore(seeds: leaves))
    return Scores(
      cause: cause, isolation: isolation, disentangle: ShareScore(meanOf: [cause, isolation]))
  }

  static func scores(_ runs: [Run], _ part: AttributePairs.Part) -> Scores? {
    let names = runs.first?.parts.first { $0.part == part }?.attributes.map(\.attribute) ?? []
    let all = names.compactMap { scores(runs, part, $0) }
    guard !all.isEmpty, all.count == names.count else { return nil }
    return Scores(
      cause: ShareScore(meanOf: all.map(\.cause)),
      isolation: ShareScore(meanOf: all.map(\.isolation)),
      disentangle: ShareScore(meanOf: all.map(\.disentangle)))
  }

  /// The scores in a line, for progress.
  var line: String {
    let parts = AttributePairs.Part.allCases.compactMap { part in
      scores(part).map {
        String(
          format: "%@: cause %.2f, iso %.2f, disentangle %.3f", part.title, $0.cause.value,
          $0.isolation.value, $0.disentangle.value)
      }
        ?? cause(part).map { String(format: "%@: %.3f", part.title, $0.value) }
    }
    return "\(title): " + parts.joined(separator: "; ")
  }
}
