import Foundation
import InterchangeBasics
import InterchangeReports

extension [ResultTable] {
  /// Writes each table into a folder as `table-1.csv` and so on; a single one as `table.csv`.
  ///
  /// - Returns: the files
  /// - Throws: `FileSystemError` when a file can't be written.
  @discardableResult
  public func write(to folder: URL, format: TableFormat) throws -> [URL] {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    return try enumerated().map { number, table in
      let name = count == 1 ? "table" : "table-\(number + 1)"
      let url = folder.appending(component: "\(name).\(format.rawValue)")
      try writeAtomically(Data(format.text(of: table).utf8), to: url)
      return url
    }
  }
}
