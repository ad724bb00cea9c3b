import Foundation
import Testing

/// A page taken apart, as far as its tests look at it.
struct Markup {
  let source: String
  /// The body without the contents of the script and the style sheet.
  let body: String

  init(_ source: String) {
    self.source = source
    body = source.replacing(/<(script|style)>[\s\S]*?<\/\1>/, with: "")
  }

  /// The fault of the nesting of its elements; nil for a page that is whole.
  var fault: String? {
    var open: [Substring] = []
    for tag in body.matches(
      of: /<(\/?)([A-Za-z!][A-Za-z0-9]*)((?:\s+[\w:-]+(?:="[^"<>]*")?)*)\s*(\/?)>/)
    {
      let name = tag.output.2
      if name == "!DOCTYPE" || name == "meta" || name == "link" || tag.output.4 == "/" { continue }
      if tag.output.1.isEmpty {
        open.append(name)
      } else if open.popLast() != name {
        return "</\(name)> closes \(open)"
      }
    }
    guard open.isEmpty else { return "open at the end: \(open)" }
    // Whatever looks like a tag and is none.
    let rest = body.replacing(
      /<\/?[A-Za-z!][A-Za-z0-9]*(?:\s+[\w:-]+(?:="[^"<>]*")?)*\s*\/?>/, with: "")
    return rest.contains("<") || rest.contains(">") ? "text with angle brackets" : nil
  }

  /// The values of an attribute, escaped as they are.
  func values(of attribute: String) -> [String] {
    body.split(separator: " \(attribute)=\"").dropFirst().map { String($0.prefix { $0 != "\"" }) }
  }

  /// The number of times that an element occurs.
  func count(of element: String) -> Int {
    body.matches(of: /<([A-Za-z0-9]+)[\s>]/).count { $0.output.1 == element }
  }

  /// The cells of every table's body, row by row.
  var rows: [[String]] {
    body.split(separator: "<tbody>").dropFirst().flatMap { part in
      part.prefix(upTo: part.range(of: "</tbody>")!.lowerBound).matches(
        of: /<tr>([\s\S]*?)<\/tr>/
      ).map { Self.cells($0.output.1) }
    }
  }

  /// The heads of every table.
  var heads: [[String]] {
    body.matches(of: /<thead><tr>([\s\S]*?)<\/tr><\/thead>/).map { Self.cells($0.output.1) }
  }

  private static func cells(_ row: Substring) -> [String] {
    row.matches(of: /<(?:th|td)[^>]*>([^<]*)<\/(?:th|td)>/).map { text(of: $0.output.1) }
  }

  /// Text between tags as a reader sees it.
  static func text(of escaped: some StringProtocol) -> String {
    String(escaped).replacing("&lt;", with: "<").replacing("&gt;", with: ">")
      .replacing("&quot;", with: "\"").replacing("&#39;", with: "'").replacing("&amp;", with: "&")
  }

  /// The page's text without its tags.
  var text: String { Self.text(of: body.replacing(/<[^>]*>/, with: " ")) }
}
