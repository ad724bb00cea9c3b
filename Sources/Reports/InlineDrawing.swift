import Foundation
import InterchangeFigures

/// Draws figures as parts of one page that is light or dark as its reader likes: each figure is
/// drawn once, and the colours that differ between the themes are the page's variables.
struct InlineDrawing {
  /// A colour as the two themes have it.
  private struct Pair: Hashable {
    let light: Substring
    let dark: Substring
  }

  private var pairs: [Pair] = []
  private var numbers: [Pair: Int] = [:]
  private var figures = 0

  /// The variables' values in a theme, for a style sheet.
  func variables(isDark: Bool) -> String {
    pairs.enumerated().map { "--c\($0):rgb(\(isDark ? $1.dark : $1.light);" }.joined()
  }

  /// A figure's drawing between the tags of its `svg` element, and that element's `viewBox`.
  ///
  /// - Throws: `FigureError` when it can't be drawn.
  mutating func draw(_ figure: any Figure) throws(FigureError) -> (viewBox: String, contents: HTML)
  {
    var (light, dark) = (figure, figure)
    (light.theme, dark.theme) = (.light, .dark)
    let text = merged(try Self.svg(light), try Self.svg(dark))
    figures += 1
    // Names are the page's, which has many figures.
    let own = "figure\(figures)-"
    let contents = text.contents.replacing("xlink:href=", with: "href=")
      .replacing(" id=\"", with: " id=\"\(own)")
      .replacing("href=\"#", with: "href=\"#\(own)")
      .replacing("url(#", with: "url(#\(own)")
    return (text.viewBox, HTML(trusted: contents))
  }

  /// The contents of an SVG file's root, and its `viewBox`.
  private static func svg(
    _ figure: any Figure
  ) throws(FigureError) -> (viewBox: String, contents: String) {
    let text = String(decoding: try figure.data(as: .svg), as: UTF8.self)
    guard let root = text.range(of: "<svg "),
      let start = text.range(of: ">", range: root.upperBound..<text.endIndex),
      let end = text.range(of: "</svg>", options: .backwards),
      let box = text.range(of: "viewBox=\"", range: root.upperBound..<start.lowerBound),
      let quote = text.range(of: "\"", range: box.upperBound..<start.lowerBound)
    else { throw .drawing(reason: "the SVG has no root element") }
    return (
      String(text[box.upperBound..<quote.lowerBound]),
      String(text[start.upperBound..<end.lowerBound])
    )
  }

  /// The light drawing with a variable for each colour that the dark one has otherwise. The two
  /// have the same lines and letters; should they ever not, the light one stands alone.
  private mutating func merged(
    _ light: (viewBox: String, contents: String), _ dark: (viewBox: String, contents: String)
  ) -> (viewBox: String, contents: String) {
    // Each piece but the first begins with the rest of a colour, up to its closing parenthesis.
    func pieces(_ text: String) -> [(color: Substring, rest: Substring)] {
      text.split(separator: "rgb(", omittingEmptySubsequences: false).enumerated().map {
        guard $0 > 0, let end = $1.firstIndex(of: ")") else { return ("", $1) }
        return ($1[...end], $1[$1.index(after: end)...])
      }
    }
    let (own, other) = (pieces(light.contents), pieces(dark.contents))
    guard own.map({ $0.rest }) == other.map({ $0.rest }) else { return light }
    var result = String(own[0].rest)
    for (first, second) in zip(own, other).dropFirst() {
      result +=
        first.color == second.color ? "rgb(" + first.color : variable(first.color, second.color)
      result += first.rest
    }
    return (light.viewBox, result)
  }

  /// The variable of a colour that differs.
  private mutating func variable(_ light: Substring, _ dark: Substring) -> String {
    let pair = Pair(light: light, dark: dark)
    if let number = numbers[pair] { return "var(--c\(number))" }
    numbers[pair] = pairs.count
    pairs.append(pair)
    return "var(--c\(pairs.count - 1))"
  }
}
