import Foundation
import InterchangeFigures
import Testing

/// Records read from every format.
@Suite struct FigureRecordTests {
  private static let records = [
    "{}", "{\"token\": \"␣ключи 钥匙 🔑\", \"path\": \"a\\\\b (c) [d]\"}\n", "(((", ")\\)\\(",
    "<a href=\"x\">&amp; &lt; &#13;</a>\r\n",
    String(repeating: "{\"accuracy\": 0.123456789},\n", count: 20_000),
  ]

  @Test(arguments: FigureFormat.allCases)
  func `Records come back from every format`(format: FigureFormat) throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("figure.\(format.rawValue)")
      for record in Self.records {
        try sampleChart().write(to: file, record: record)
        #expect(try FigureRecord.read(from: file) == record, "\(format), \(record.prefix(40))")
      }
      try sampleChart().write(to: file)
      #expect(try FigureRecord.read(from: file) == nil)
    }
  }

  @Test(arguments: FigureFormat.allCases)
  func `Damaged files end in an error or another text`(format: FigureFormat) throws {
    try withTemporaryFolder { folder in
      let file = folder.appendingPathComponent("figure.\(format.rawValue)")
      let whole = try sampleChart().data(as: format, record: "{\"seed\": (0)}")
      for length in stride(from: 0, to: whole.count, by: 53) {
        try whole.prefix(length).write(to: file)
        let error = message { _ = try FigureRecord.read(from: file) }
        #expect(!(error?.contains("\n") ?? false))
      }
      try Data("no figure".utf8).write(to: file)
      #expect(
        message { _ = try FigureRecord.read(from: file) }
          == "\(file.path): cannot be read: expected a PNG, SVG or PDF file")
    }
  }
}
