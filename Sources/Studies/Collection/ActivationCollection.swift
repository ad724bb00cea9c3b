import InterchangeCheckpoints
import InterchangeModels

/// Activations of some sites over many texts, in files: where they are, and how long the vectors
/// are.
public struct ActivationCollection: Codable, Sendable {
  /// The vectors of one site.
  public struct Place: Codable, Sendable, Equatable {
    /// The site's component with its head: `block_output`, `query_output 3`.
    public let part: String
    /// The layer, counted from 0.
    public let layer: Int
    /// The numbers in a row.
    public let width: Int
    /// The file's name in the folder.
    public let file: String
    /// The lengths of the vectors.
    public let norms: Norms
  }

  /// A summary of the lengths (2-norms) of vectors.
  public struct Norms: Codable, Sendable, Equatable {
    /// The least of all rows.
    public let least: Double
    /// The lower quartile.
    public let low: Double
    /// The median.
    public let median: Double
    /// The upper quartile.
    public let high: Double
    /// The greatest of all rows.
    public let most: Double
  }

  /// Rows in the plane of their first two principal components.
  public struct Plane: Codable, Sendable, Equatable {
    /// A row's place.
    public struct Point: Codable, Sendable, Equatable {
      /// The coordinate along the first component.
      public let x: Double
      /// The coordinate along the second component.
      public let y: Double
      /// The label of the row's text; nil without labels.
      public let label: String?
    }

    /// The rows' places.
    public let points: [Point]
    /// The share of the rows' variance along each of the two components.
    public let shares: [Double]
    /// Tells whether rows of the first position, whose vectors are unlike all others in most
    /// models, are left out.
    public let leavesOutFirst: Bool
  }

  /// The file's or the task's name.
  public let source: String
  /// The name of what the labels are values of; nil without labels.
  public let label: String?
  /// The positions as they were named.
  public let positions: Positions
  /// The number of texts.
  public let texts: Int
  /// The number of rows in each file.
  public let rows: Int
  /// The form of the files.
  public let format: String
  /// The rows on which quartiles are estimated: all of them, or as many at random.
  public let summarized: Int
  /// The sites.
  public let places: [Place]
  /// Rows of the only site in a plane; nil with several sites, or fewer than three rows.
  public let plane: Plane?

  /// The name of the list of sites, texts and rows beside the files.
  public static let manifestName = "manifest.json"

  private enum CodingKeys: String, CodingKey {
    case source, label, positions, texts, rows, format, summarized, places, plane
  }

  init(
    source: String, label: String?, positions: Positions, texts: Int, rows: Int, format: String,
    summarized: Int, places: [Place], plane: Plane?
  ) {
    (self.source, self.label, self.positions) = (source, label, positions)
    (self.texts, self.rows, self.format) = (texts, rows, format)
    (self.summarized, self.places, self.plane) = (summarized, places, plane)
  }

  /// Reads a collection of at least one site.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    source = try values.decode(String.self, forKey: .source)
    label = try values.decodeIfPresent(String.self, forKey: .label)
    positions = try values.decode(Positions.self, forKey: .positions)
    texts = try values.decode(Int.self, forKey: .texts)
    rows = try values.decode(Int.self, forKey: .rows)
    format = try values.decode(String.self, forKey: .format)
    summarized = try values.decode(Int.self, forKey: .summarized)
    places = try values.decode([Place].self, forKey: .places)
    plane = try values.decodeIfPresent(Plane.self, forKey: .plane)
    guard !places.isEmpty, plane.map({ $0.shares.count == 2 }) ?? true else {
      throw DecodingError.dataCorruptedError(
        forKey: .places, in: values,
        debugDescription: "expected at least one site, and two shares of a plane")
    }
  }
}

extension Site {
  /// The name of the file of its vectors, without an ending: `block_output-10`, or with a head
  /// `query_output-10-head-3`.
  var fileName: String { "\(component.rawValue)-\(layer)" + (head.map { "-head-\($0)" } ?? "") }

  /// The file of its vectors in a form.
  public func file(in format: any RowFileFormat.Type) -> String { "\(fileName).\(format.name)" }
}
