/// A fault of a data set or of the way in which it is read.
public enum DatasetError: Error, Equatable, CustomStringConvertible {
  /// A data set without a single example.
  case noExamples
  /// A line of a data file that can't be read; line 0 is the file as a whole.
  case invalidData(path: String, line: Int, reason: String)
  /// A setting is outside the range that can work.
  case invalidSetting(name: String, expected: String, found: String)

  /// One line with the place, and what was expected and found.
  public var description: String {
    switch self {
    case .noExamples: "no examples"
    case .invalidData(let path, let line, let reason):
      line == 0 ? "\(path): \(reason)" : "\(path): line \(line): \(reason)"
    case .invalidSetting(let name, let expected, let found):
      "\(name): expected \(expected), found \(found)"
    }
  }
}
