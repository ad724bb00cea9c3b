import Foundation

/// A failure to write or read a figure.
public enum FigureError: Error, Equatable, CustomStringConvertible {
  /// The file name's extension is none of those known.
  case unknownFormat(file: String, found: String)
  /// The file could not be written.
  case cannotWrite(file: String, reason: String)
  /// The file could not be read.
  case cannotRead(file: String, reason: String)
  /// The page is larger than a surface can be, in pixels or points.
  case tooLarge(width: Double, height: Double, limit: Double)
  /// The figure's labels need another size than the page that was asked for, in centimeters.
  case doesNotFit(figure: String, side: String, wanted: Double, needed: Double)
  /// Figures that have too little in common to be compared.
  case notComparable(figure: String, reason: String)
  /// Cairo could not draw.
  case drawing(reason: String)
  /// libpng could not encode.
  case encoding(reason: String)
  /// The record cannot be stored.
  case record(reason: String)

  /// A sentence that names the file or the limit, and the reason.
  public var description: String {
    switch self {
    case .unknownFormat(let file, let found):
      "\(file): expected a name that ends in .png, .svg or .pdf, found "
        + (found.isEmpty ? "no extension" : "“.\(found)”")
    case .cannotWrite(let file, let reason): "\(file): cannot be written: \(reason)"
    case .cannotRead(let file, let reason): "\(file): cannot be read: \(reason)"
    case .tooLarge(let width, let height, let limit):
      "the figure is too large: expected at most \(whole(limit)) on a side, found "
        + "\(whole(width)) × \(whole(height))"
    case .doesNotFit(let figure, let side, let wanted, let needed):
      String(
        format: "the figure “%@” has no room in a %@ of %.2f cm: it needs %.2f cm; choose another "
          + "page, or fewer layers or positions", figure, side, wanted, needed)
    case .notComparable(let figure, let reason):
      "the figures “\(figure)” can't be compared: \(reason)"
    case .drawing(let reason): "the figure cannot be drawn: \(reason)"
    case .encoding(let reason): "the figure cannot be encoded as PNG: \(reason)"
    case .record(let reason): "the record cannot be stored in the figure: \(reason)"
    }
  }

  private func whole(_ value: Double) -> String {
    Int(exactly: value.rounded()).map(String.init) ?? "\(value)"
  }
}
