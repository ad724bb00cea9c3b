/// A fault of the data that an intervention is made from.
public enum InterventionError: Error, Equatable, CustomStringConvertible {
  /// A subspace of this rank doesn't fit into vectors of this width.
  case rankOutOfRange(rank: Int, width: Int)
  /// The given vectors don't span as many dimensions as there are vectors.
  case dependentVectors(count: Int)
  /// There are too few rows to find this many directions.
  case tooFewRows(rows: Int, needed: Int)
  /// The intervention was made for vectors of another width.
  case widthMismatch(name: String, expected: Int, found: Int)
  /// A saved matrix is not an orthonormal frame.
  case notOrthonormal(path: String, error: Float)
  /// A saved intervention lacks a field, or has another value than expected.
  case invalidFile(path: String, field: String, expected: String, found: String)

  /// One line with what was expected and what was found.
  public var description: String {
    switch self {
    case .rankOutOfRange(let rank, let width):
      "rank \(rank) is out of range: expected 1 to \(width), the width of the site"
    case .dependentVectors(let count):
      "the \(count) given vectors are linearly dependent: they span no subspace of rank \(count)"
    case .tooFewRows(let rows, let needed):
      "\(rows) rows are too few to find \(needed) directions: expected more than \(needed)"
    case .widthMismatch(let name, let expected, let found):
      "\(name): made for vectors of width \(expected), the site has width \(found)"
    case .notOrthonormal(let path, let error):
      "\(path): expected a frame with orthonormal rows, found ‖RRᵀ − I‖∞ = \(error)"
    case .invalidFile(let path, let field, let expected, let found):
      "\(path): \(field): expected \(expected), found \(found)"
    }
  }
}
