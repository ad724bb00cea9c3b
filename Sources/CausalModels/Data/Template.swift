/// A text with named gaps: "The {subject} near the {attractor}".
///
/// Each gap becomes a span of the filled text under its own name; where a gap is repeated the second
/// is named `subject 2`, and so on. `{{` and `}}` stand for single braces.
public struct Template: Sendable {
  private enum Piece: Sendable {
    case literal(String)
    case gap(String)
  }

  /// The sentence as it was written, with its gaps.
  public let pattern: String
  private let pieces: [Piece]

  /// Parses a pattern.
  ///
  /// - Throws: `CausalModelError.template` for an unclosed, stray, nested or empty gap.
  public init(_ pattern: String) throws {
    func invalid(_ problem: String) -> CausalModelError {
      .template(pattern, problem: problem)
    }
    var pieces: [Piece] = []
    var text = ""
    var inGap = false
    var rest = pattern[...]
    while let character = rest.popFirst() {
      switch character {
      case "{" where !inGap && rest.first == "{", "}" where !inGap && rest.first == "}":
        text.append(character)
        rest.removeFirst()
      case "{":
        guard !inGap else { throw invalid("a gap opens inside another") }
        if !text.isEmpty { pieces.append(.literal(text)) }
        (text, inGap) = ("", true)
      case "}":
        guard inGap else {
          throw invalid("a gap closes that was not opened; a brace of the text is written twice")
        }
        guard !text.isEmpty else { throw invalid("a gap has no name") }
        pieces.append(.gap(text))
        (text, inGap) = ("", false)
      default:
        text.append(character)
      }
    }
    guard !inGap else { throw invalid("gap '\(text)' is not closed") }
    if !text.isEmpty { pieces.append(.literal(text)) }
    self.pattern = pattern
    self.pieces = pieces
  }

  /// The names of the gaps, each once, in their order.
  public var gaps: [String] {
    var names: [String] = []
    for case .gap(let name) in pieces where !names.contains(name) { names.append(name) }
    return names
  }

  /// The text with every gap filled, and each gap's range of UTF-8 offsets.
  ///
  /// - Throws: `CausalModelError.template` when a gap has no words or words have no gap.
  public func fill(
    _ words: [String: String]
  ) throws -> (text: String, spans: [String: Range<Int>]) {
    var text = ""
    var spans: [String: Range<Int>] = [:]
    var uses: [String: Int] = [:]
    for piece in pieces {
      switch piece {
      case .literal(let literal):
        text += literal
      case .gap(let name):
        guard let word = words[name] else {
          throw CausalModelError.template(pattern, problem: "no words for the gap '\(name)'")
        }
        let start = text.utf8.count
        text += word
        let use = uses[name, default: 0] + 1
        uses[name] = use
        spans[use == 1 ? name : "\(name) \(use)"] = start..<text.utf8.count
      }
    }
    if let name = words.keys.sorted().first(where: { uses[$0] == nil }) {
      throw CausalModelError.template(pattern, problem: "no gap takes the words of '\(name)'")
    }
    return (text, spans)
  }
}

extension Template {
  /// The filled template as a prompt, with the causal model's answer.
  ///
  /// - Parameters:
  ///   - words: the words of each gap
  ///   - setting: the values of the causal model's inputs
  ///   - groups: the nouns, names or entities among the words, for splits that share none
  /// - Throws: `CausalModelError` for a gap without words, words without a gap, or a setting that
  ///   the model doesn't take.
  public func prompt(
    _ words: [String: String], setting: Setting, model: CausalModel,
    groups: [GroupKind: Set<String>]
  ) throws -> Prompt {
    let (text, spans) = try fill(words)
    return try Prompt(
      text: text, spans: spans, template: pattern, setting: setting,
      answer: model.answer(setting), groups: groups)
  }
}
