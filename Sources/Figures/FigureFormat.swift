import Foundation

/// The kinds of file that a figure can be written as.
public enum FigureFormat: String, Sendable, CaseIterable {
  /// Pixels, with the record in a text chunk.
  case png
  /// Lines and text, with the record as metadata.
  case svg
  /// A page, with the record as its subject.
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
