import Foundation
import InterchangeBasics
import InterchangeModels
import InterchangeTensors

/// The outputs that a reading makes of the hidden vectors of every layer: a ``LogitLens``, a
/// ``TunedLens`` or a ``Patchscope``.
///
/// ```swift
/// let model = try LanguageModel("SmolLM2-135M-Instruct.Q4_1.gguf")
/// let lens = try model.lens(of: "The capital of France is")
/// for row in lens.rows { print(row.name, row.cells.last!.top[0].token) }
/// let scope = try model.lens(of: "The capital of France is", by: Patchscope())
/// ```
public struct LayerLens: Codable, Sendable, Equatable {
  /// One output with its probability.
  public struct Output: Codable, Sendable, Equatable {
    /// The number of the output.
    public let id: Int
    /// The token as labels show it.
    public let token: String
    /// The probability among all outputs.
    public let probability: Double
  }

  /// The place of a given answer among the outputs.
  public struct Answer: Codable, Sendable, Equatable {
    /// The probability among all outputs.
    public let probability: Double
    /// The number of outputs with a larger logit: 0 for the first.
    public let rank: Int
  }

  /// The outputs of one vector.
  public struct Cell: Codable, Sendable, Equatable {
    /// The likeliest outputs, the likeliest first.
    public let top: [Output]
    /// The entropy of all outputs in nats.
    public let entropy: Double
    /// The Kullback–Leibler divergence of these outputs from the model's own at the position, in
    /// nats: Σ p log(p / q) with the model's p.
    public let divergence: Double
    /// The given answer; nil where none was given.
    public let answer: Answer?
  }

  /// The vectors of one layer.
  public struct Row: Codable, Sendable, Equatable {
    /// The layer, counted from 0; nil for the embeddings.
    public let layer: Int?
    /// One for each position.
    public let cells: [Cell]

    /// The layer's number, or `embed`.
    public var name: String { layer.map(String.init) ?? "embed" }
  }

  /// The name of the reading, such as `logit lens`.
  public let reading: String
  /// The text.
  public let text: String
  /// The component whose vectors are read.
  public let component: Component
  /// The positions in rising order.
  public let positions: [Int]
  /// The token at each of them, as labels show it.
  public let tokens: [String]
  /// The answer's token as labels show it; nil where none was given.
  public let answer: String?
  /// Layer by layer from below.
  public let rows: [Row]

  private enum CodingKeys: String, CodingKey {
    case reading, text, component, positions, tokens, answer, rows
  }

  init(
    reading: String, text: String, component: Component, positions: [Int], tokens: [String],
    answer: String?,
    rows: [Row]
  ) {
    (self.reading, self.text) = (reading, text)
    (self.component, self.positions) = (component, positions)
    (self.tokens, self.answer, self.rows) = (tokens, answer, rows)
  }

  /// Reads a lens whose rows have a cell for each position.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    // The only reading of records that don't name one.
    reading = try values.decodeIfPresent(String.self, forKey: .reading) ?? LogitLens().name
    text = try values.decode(String.self, forKey: .text)
    component = try values.decode(Component.self, forKey: .component)
    positions = try values.decode([Int].self, forKey: .positions)
    tokens = try values.decode([String].self, forKey: .tokens)
    answer = try values.decodeIfPresent(String.self, forKey: .answer)
    rows = try values.decode([Row].self, forKey: .rows)
    let places = positions.count
    guard
      places > 0, tokens.count == places, !rows.isEmpty,
      rows.allSatisfy({ row in
        row.cells.count == places
          && row.cells.allSatisfy { !$0.top.isEmpty && ($0.answer == nil) == (answer == nil) }
      })
    else {
      throw DecodingError.dataCorruptedError(
        forKey: .rows, in: values,
        debugDescription: "expected rows of \(places) cells, each with outputs")
    }
  }

  /// The same with some of its rows and positions, by their index.
  public func selecting(rows chosen: [Int], positions places: [Int]) -> LayerLens {
    LayerLens(
      reading: reading, text: text, component: component, positions: places.map { positions[$0] },
      tokens: places.map { tokens[$0] }, answer: answer,
      rows: chosen.map { index in
        Row(layer: rows[index].layer, cells: places.map { rows[index].cells[$0] })
      })
  }
}
