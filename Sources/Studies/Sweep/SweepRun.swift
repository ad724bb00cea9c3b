import InterchangeAlignment
import InterchangeBasics
import InterchangeFigures
import InterchangeReports

/// A layer × position sweep of a task.
public struct SweepRun: Codable, Sendable {
  public let task: String
  public let variable: String
  public let check: TaskExamples.Check
  /// A label for each position: a token, or the name of a part of the template.
  public let positionLabels: [String]
  public let result: SweepResult
  /// The share of these pairs that the most frequent label alone would be right for; nil in records
  /// from before it was kept.
  public let constantAnswer: Accuracy?

  public init(
    task: String, variable: String, check: TaskExamples.Check, positionLabels: [String],
    result: SweepResult, constantAnswer: Accuracy? = nil
  ) {
    (self.task, self.variable, self.check) = (task, variable, check)
    (self.positionLabels, self.result) = (positionLabels, result)
    self.constantAnswer = constantAnswer
  }

  /// Reads a sweep that has a label for each position.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    task = try values.decode(String.self, forKey: .task)
    variable = try values.decode(String.self, forKey: .variable)
    check = try values.decode(TaskExamples.Check.self, forKey: .check)
    positionLabels = try values.decode([String].self, forKey: .positionLabels)
    result = try values.decode(SweepResult.self, forKey: .result)
    constantAnswer = try values.decodeIfPresent(Accuracy.self, forKey: .constantAnswer)
    guard positionLabels.count == result.positions.count else {
      throw DecodingError.dataCorruptedError(
        forKey: .positionLabels, in: values,
        debugDescription: "expected \(result.positions.count) labels, found \(positionLabels.count)"
      )
    }
  }
}

extension SweepRun {
  /// The place that was swapped, such as `block_output`, `attention_value_output, head 3` or
  /// `mlp_output, 5 layers`.
  public var place: String {
    result.component + (result.head.map { ", head \($0)" } ?? "")
      + (result.window.map { ", \($0) layers" } ?? "")
  }

  /// The task and what was done.
  var title: String { "\(task): \(result.intervention ?? "interchange") of \(variable)" }

  /// The change of a vector, as the end of a sentence.
  var deed: String {
    result.intervention.map { "is changed by the intervention \($0)." }
      ?? "is replaced by the source’s."
  }

  /// The layers that a row stands for, as a sentence; nil for its own alone.
  var windowNote: String? {
    result.window.map {
      " A row changes \($0) adjacent layers together, those about its own: as many below it as above"
        + ($0.isMultiple(of: 2) ? ", and one more below" : "") + "; fewer at the model’s ends."
    }
  }

  /// The cell with the highest accuracy; of equal ones that with the larger logit difference.
  public var bestCell: Heatmap.Cell {
    func key(_ cell: Heatmap.Cell) -> (Double, Double) {
      let accuracy = result.cells[cell.row][cell.column]
      return (accuracy.value, accuracy.logitDifference ?? 0)
    }
    let all = result.cells.indices.flatMap { row in
      result.cells[row].indices.map { Heatmap.Cell(row: row, column: $0) }
    }
    return all.max { key($0) < key($1) } ?? Heatmap.Cell(row: 0, column: 0)
  }

  /// The first layer that reaches the highest accuracy at one position: where the variable has just
  /// arrived, before the last layers only read it out.
  ///
  /// - Parameter column: the position's place in the sweep; negative from the end
  public func bestLayer(at column: Int) -> Int {
    let column = column < 0 ? result.positions.count + column : column
    let accuracies = result.cells.map { $0[column].value }
    return result.layers[accuracies.firstIndex(of: accuracies.max() ?? 0) ?? 0]
  }
}

/// Sweeps of one record: one for each component or head that was swapped, all of the same pairs,
/// layers and positions.
public struct SweepRuns: RunResult {
  public static let kind = "sweeps"
  /// The key of a single sweep, in records from before there could be several.
  public static let earlierKinds = ["sweep"]

  public let runs: [SweepRun]

  /// Sweeps of the same numbers of layers and positions.
  public init(_ runs: [SweepRun]) { self.runs = runs }

  /// Reads sweeps of the same numbers of layers and positions, or a single one.
  public init(from decoder: any Decoder) throws {
    let isList = (try? decoder.unkeyedContainer()) != nil
    runs = try isList ? [SweepRun](from: decoder) : [SweepRun(from: decoder)]
    let shapes = runs.map { [$0.result.layers.count, $0.result.positions.count] }
    guard Set(shapes).count <= 1 else {
      throw DecodingError.dataCorrupted(
        DecodingError.Context(
          codingPath: decoder.codingPath,
          debugDescription: "sweeps of different numbers of layers or positions"))
    }
  }

  public func encode(to encoder: any Encoder) throws { try runs.encode(to: encoder) }
}

extension RunResults {
  /// The sweeps of ``SweepRuns``.
  public var sweeps: [SweepRun]? { self[SweepRuns.self]?.runs }
}
