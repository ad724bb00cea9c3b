import Foundation
import InterchangeBasics

extension Figure {
  /// Writes the figure as the file's extension says: `.png`, `.svg` or `.pdf`.
  ///
  /// The file appears whole or not at all: it is written under a temporary name in the same
  /// folder and renamed. The record, usually the experiment's `run.json`, goes along inside: in a
  /// PNG as an iTXt chunk with the keyword "interchange" (see `PNGRecord`), in an SVG as its
  /// `metadata` element, in a PDF as its subject.
  ///
  /// - Throws: `FigureError`, naming the file.
  public func write(to url: URL, record: String? = nil) throws(FigureError) {
    let format = try FigureFormat(of: url)
    let data = try data(as: format, record: record)
    do {
      try writeAtomically(data, to: url)
    } catch {
      throw .cannotWrite(file: url.path, reason: error.reason.lowercased())
    }
  }

  /// The figure's file in memory, byte for byte the same each time.
  ///
  /// - Throws: `FigureError` when it cannot be drawn or encoded.
  public func data(as format: FigureFormat, record: String? = nil) throws(FigureError) -> Data {
    switch format {
    case .png: try pngData(record: record)
    case .svg: try svgData(record: record)
    case .pdf: try pdfData(record: record)
    }
  }

  /// The figure drawn on a canvas, to be finished by the caller.
  func drawn(on medium: Canvas.Medium) throws(FigureError) -> Canvas {
    let canvas = try Canvas(medium, size: size.points, fontFamilies: theme.fontFamilies)
    canvas.fillPage(with: theme.background)
    draw(on: canvas)
    return canvas
  }

  private func pdfData(record: String?) throws(FigureError) -> Data {
    let canvas = try drawn(on: .pdf)
    if let record {
      guard !record.utf8.contains(0) else { throw .record(reason: "it has a zero byte") }
      canvas.setSubject(replacingNoncharacters(in: record))
    }
    return try canvas.finishedBytes()
  }
}

/// Text as Cairo takes it.
private func replacingNoncharacters(in text: String) -> String {
  var result = String.UnicodeScalarView()
  result.append(contentsOf: text.unicodeScalars.map { $0.isNoncharacter ? "\u{FFFD}" : $0 })
  return String(result)
}
