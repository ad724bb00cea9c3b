import InterchangeAlignment
import InterchangeReports

/// One subspace of a task with its report: a fit of DAS, or a given subspace that was examined.
public struct AlignmentRun: Codable, Sendable {
  public let task: String
  public let variable: String
  /// The model's own answers to the held-out pairs, where they were checked.
  public let check: TaskExamples.Check?
  /// The kind of thing that train and test don't share.
  public let disjoint: String
  public let report: AlignmentReport
  /// The loss of every step of the fit; empty for a given subspace.
  public let losses: [Double]
  /// Tells whether DAS fitted the subspace on the training pairs; otherwise it was given.
  public let isFitted: Bool
  /// The spread over several seeds, of which this run is the first; nil for a single fit.
  public internal(set) var seeds: SeedSpread?
  /// The choice of the site; nil where it was given.
  public internal(set) var siteSelection: SiteSelection?

  /// A fit, or with `isFitted` false a given subspace.
  public init(
    task: String, variable: String, check: TaskExamples.Check?, disjoint: String,
    report: AlignmentReport, losses: [Double], isFitted: Bool = true, seeds: SeedSpread? = nil,
    siteSelection: SiteSelection? = nil
  ) {
    (self.task, self.variable, self.check) = (task, variable, check)
    (self.disjoint, self.report, self.losses) = (disjoint, report, losses)
    self.isFitted = isFitted
    (self.seeds, self.siteSelection) = (seeds, siteSelection)
  }

  /// Reads a run. Records of version 0.1 don't tell whether there was a fit: one with losses had.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    task = try values.decode(String.self, forKey: .task)
    variable = try values.decode(String.self, forKey: .variable)
    check = try values.decodeIfPresent(TaskExamples.Check.self, forKey: .check)
    disjoint = try values.decode(String.self, forKey: .disjoint)
    report = try values.decode(AlignmentReport.self, forKey: .report)
    losses = try values.decode([Double].self, forKey: .losses)
    isFitted = try values.decodeIfPresent(Bool.self, forKey: .isFitted) ?? !losses.isEmpty
    seeds = try values.decodeIfPresent(SeedSpread.self, forKey: .seeds)
    siteSelection = try values.decodeIfPresent(SiteSelection.self, forKey: .siteSelection)
  }
}

/// Runs of one record, such as fits of several ranks.
public struct AlignmentRuns: RunResult {
  public static let kind = "alignments"

  public let runs: [AlignmentRun]

  /// Runs of one task and variable.
  public init(_ runs: [AlignmentRun]) { self.runs = runs }

  public init(from decoder: any Decoder) throws { runs = try [AlignmentRun](from: decoder) }

  public func encode(to encoder: any Encoder) throws { try runs.encode(to: encoder) }
}

extension RunResults {
  /// The runs of ``AlignmentRuns``.
  public var alignments: [AlignmentRun]? { self[AlignmentRuns.self]?.runs }
}
