import InterchangeFigures

/// A figure with the name of its file, without an ending.
public struct NamedFigure: Sendable {
  public let name: String
  public let figure: any Figure

  /// A figure for a file of that name.
  public init(_ name: String, _ figure: any Figure) {
    (self.name, self.figure) = (name, figure)
  }
}
