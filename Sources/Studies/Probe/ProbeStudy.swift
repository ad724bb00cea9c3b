import InterchangeBasics
import InterchangeCircuits
import InterchangeModels

/// Probes of one data set over layers, with what the data are.
public struct ProbeStudy: Codable, Sendable {
  /// The task's or the file's name.
  public let task: String
  /// The name of what the labels are values of.
  public let label: String
  /// The position that is read.
  public let position: Positions
  /// The things to which the control task gives random labels.
  public let type: String
  /// The kind of thing that fit and test don't share.
  public let disjoint: String
  /// The factor of half the squares of the weights.
  public let penalty: Double
  /// Remarks on the data for the user, a line each.
  public let notes: [String]
  /// The probes.
  public let report: ProbeReport

  /// The probes of a component over layers.
  ///
  /// - Throws: as ``InterchangeModels/Model/probe(_:component:layers:head:settings:progress:)``.
  public init(
    of data: ProbeData, in model: LanguageModel, component: Component = .blockOutput,
    layers: [Int], head: Int? = nil, settings: ProbeSettings = ProbeSettings(),
    progress: (Int) -> Void = { _ in }
  ) throws {
    (task, label, position, type) = (data.name, data.label, data.position, data.type)
    (disjoint, penalty, notes) = (data.disjoint, settings.penalty, data.notes)
    report = try model.network.probe(
      data.examples, component: component, layers: layers, head: head, settings: settings,
      progress: progress)
  }

  private enum CodingKeys: String, CodingKey {
    case task, label, position, type, disjoint, penalty, notes, report
  }

  /// Reads probes of at least one layer.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    task = try values.decode(String.self, forKey: .task)
    label = try values.decode(String.self, forKey: .label)
    position = try values.decode(Positions.self, forKey: .position)
    type = try values.decode(String.self, forKey: .type)
    disjoint = try values.decode(String.self, forKey: .disjoint)
    penalty = try values.decode(Double.self, forKey: .penalty)
    notes = try values.decode([String].self, forKey: .notes)
    report = try values.decode(ProbeReport.self, forKey: .report)
    guard !report.layers.isEmpty else {
      throw DecodingError.dataCorruptedError(
        forKey: .report, in: values, debugDescription: "expected at least one layer")
    }
  }
}
