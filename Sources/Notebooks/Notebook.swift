import Foundation

/// A notebook in Markdown: prose, Swift cells, and each cell's output and figures.
public struct Notebook: Equatable, Sendable {
  /// A piece of the file.
  enum Element: Equatable, Sendable {
    /// Lines that are kept as they are.
    case prose([String])
    case cell(Cell)
  }

  /// A `swift` block with its results.
  public struct Cell: Equatable, Sendable {
    /// The line of its first line of code, from 1.
    public let line: Int
    /// The lines of code.
    public let code: [String]
    /// The distance that numbers may have from those in the file, as a share of the file's number
    /// or, where that is below 1 in size, by itself.
    public let tolerance: Double
    /// The name of a file that the cell needs, such as a model: without it the cell is left out.
    public let need: String?
    /// The text after `swift` in the fence.
    let info: String
    /// The printed output; nil when there is none.
    public internal(set) var output: String?
    /// The figures that the cell drew.
    public internal(set) var figures: [FigureLink]
  }

  /// A figure under a cell.
  public struct FigureLink: Equatable, Sendable {
    /// The file's name in `figures/`.
    public let name: String
    /// The text for readers who don't see the figure.
    public let alternative: String

    /// A link to a file in `figures/`.
    public init(name: String, alternative: String) {
      (self.name, self.alternative) = (name, alternative)
    }

    var markdown: String { "![\(alternative)](figures/\(name))" }
  }

  /// The name in messages: the path as it was given.
  public let path: String
  var elements: [Element]

  /// The cells in their order.
  public var cells: [Cell] {
    elements.compactMap { if case .cell(let cell) = $0 { cell } else { nil } }
  }

  /// Reads a notebook's text.
  ///
  /// - Throws: ``NotebookError/invalid(path:line:reason:)`` for a fence that isn't closed or an
  ///   unknown option.
  public init(_ text: String, path: String) throws {
    self.path = path
    var reader = NotebookReader(text, path: path)
    elements = try reader.elements()
  }

  /// The whole file.
  public var markdown: String {
    let parts = elements.map { element in
      switch element {
      case .prose(let lines): lines.joined(separator: "\n")
      case .cell(let cell): cell.markdown
      }
    }
    return parts.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
  }
}

extension Notebook.Cell {
  var markdown: String {
    var parts = [(["```swift" + info] + code + ["```"]).joined(separator: "\n")]
    if let output { parts.append("```output\n" + output + "\n```") }
    parts += figures.map(\.markdown)
    return parts.joined(separator: "\n\n")
  }
}

extension [String] {
  /// The lines without the blank ones at both ends.
  var withoutBlankEnds: [String] {
    Array(drop { $0.isEmpty }.reversed().drop { $0.isEmpty }.reversed())
  }
}

/// A fault of a notebook or of a cell's program.
public enum NotebookError: Error, Equatable, CustomStringConvertible {
  /// The notebook can't be read at this line.
  case invalid(path: String, line: Int, reason: String)
  /// The compiler's messages, which name the notebook's lines.
  case notCompiled(String)
  /// The program ended at the cell of this line before it was done.
  case stopped(path: String, line: Int, reason: String)
  /// The differences between old and new results, a line each.
  case differs([String])

  /// The place and the reason, or the compiler's messages or the differences.
  public var description: String {
    switch self {
    case .invalid(let path, let line, let reason), .stopped(let path, let line, let reason):
      "\(path): line \(line): \(reason)"
    case .notCompiled(let messages): messages
    case .differs(let lines): lines.joined(separator: "\n")
    }
  }
}

/// Takes a file apart line by line.
private struct NotebookReader {
  private let lines: [String]
  private let path: String
  private var index = 0

  init(_ text: String, path: String) {
    self.path = path
    lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  mutating func elements() throws -> [Notebook.Element] {
    var elements: [Notebook.Element] = []
    var prose: [String] = []
    func finishProse() {
      let lines = prose.withoutBlankEnds
      if !lines.isEmpty { elements.append(.prose(lines)) }
      prose = []
    }
    while index < lines.count {
      guard let info = fence(lines[index]) else {
        prose.append(lines[index])
        index += 1
        continue
      }
      let words = info.split(separator: " ").map(String.init)
      let start = index + 1
      let body = try block()
      guard words.first == "swift" else {
        // Another language's block is prose.
        prose += ["```" + info] + body + ["```"]
        continue
      }
      finishProse()
      elements.append(.cell(try cell(words, info, body, line: start + 1)))
    }
    finishProse()
    return elements
  }

  private func fence(_ line: String) -> String? {
    line.hasPrefix("```") ? String(line.dropFirst(3)) : nil
  }

  /// The lines up to the closing fence.
  private mutating func block() throws -> [String] {
    let start = index
    index += 1
    var body: [String] = []
    while index < lines.count, lines[index] != "```" {
      body.append(lines[index])
      index += 1
    }
    guard index < lines.count else {
      throw NotebookError.invalid(
        path: path, line: start + 1, reason: "a block that is not closed")
    }
    index += 1
    return body
  }

  /// A cell with the output and the figures that follow it.
  private mutating func cell(
    _ words: [String], _ info: String, _ code: [String], line: Int
  ) throws -> Notebook.Cell {
    var (tolerance, need) = (0.0, String?.none)
    for word in words.dropFirst() {
      let pair = word.split(separator: "=", maxSplits: 1).map(String.init)
      switch (pair.first, pair.count == 2 ? pair[1] : nil) {
      case ("tolerance", let value?):
        guard let number = Double(value), number >= 0 else { fallthrough }
        tolerance = number
      case ("needs", let value?): need = value
      default:
        throw NotebookError.invalid(
          path: path, line: line - 1,
          reason: "expected tolerance=NUMBER or needs=NAME behind swift, found '\(word)'")
      }
    }
    var cell = Notebook.Cell(
      line: line, code: code, tolerance: tolerance, need: need,
      info: String(info.dropFirst("swift".count)), output: nil, figures: [])
    while true {
      let next = (index..<lines.count).first { !lines[$0].isEmpty }
      guard let next else { break }
      if cell.output == nil, cell.figures.isEmpty, fence(lines[next]) == "output" {
        index = next
        cell.output = try block().joined(separator: "\n")
      } else if let link = Notebook.FigureLink(lines[next]) {
        index = next + 1
        cell.figures.append(link)
      } else {
        break
      }
    }
    return cell
  }
}

extension Notebook.FigureLink {
  /// A link that a cell's figure was given: alone on its line, into `figures/`.
  fileprivate init?(_ line: String) {
    guard line.hasPrefix("!["), line.hasSuffix(")"),
      let middle = line.range(of: "](figures/")
    else { return nil }
    self.init(
      name: String(line[middle.upperBound...].dropLast()),
      alternative: String(line[line.index(line.startIndex, offsetBy: 2)..<middle.lowerBound]))
  }
}
