import Foundation

/// The kinds of file that a figure can be written as.
public enum FigureFormat: String, Sendable, CaseIterable {
  case png
  case svg
  case pdf

  /// The format that a file's name asks for by its extension, in either case.
  ///
  /// - Throws: `FigureError.unknownFormat` for any other extension.
  public init(of url: URL) throws(FigureError) {
    guard let format = FigureFormat(rawValue: url.pathExtension.lowercased()) else {
      throw .unknownFormat(file: url.path, found: url.pathExtension)
    }
    self = format
  }
}
