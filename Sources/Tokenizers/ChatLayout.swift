/// The texts that a chat template puts around and between messages.
struct ChatLayout: Sendable, Equatable {
  /// The texts before and after a message.
  struct Frame: Sendable, Equatable {
    var before: String
    var after: String
  }

  /// The treatment of a system message at the start.
  enum SystemMessage: Sendable, Equatable {
    /// It is a turn.
    case turn(Frame)
    /// It is put before the content of the first user message.
    case inFirstUser(Frame)
    /// It is put before the content of the last message, if that is the user's.
    case inLastUser(Frame)
    case refused
  }

  /// Placeholders for the checkpoint's own tokens until they are known; no template has these
  /// scalars.
  static let beginning = "\u{F0000}"
  static let end = "\u{F0001}"

  var opening = ""
  var system = SystemMessage.refused
  /// A system message that isn't at the start; nil when it is refused.
  var laterSystem: Frame?
  /// The system message of a conversation that doesn't start with one.
  var defaultSystem: String?
  /// True when a system message without text is left out.
  var dropsEmptySystem = false
  var user: Frame
  var assistant: Frame
  var generation: String
  /// The text that comes last when there is no generation prompt.
  var closing = ""
  var trims: Trimming
  /// True when user and assistant have to take turns, the user first.
  var alternates: Bool
  var endOfTurn: String

  /// The white space at the ends of contents that goes.
  enum Trimming: Sendable, Equatable {
    case none, all, assistant
  }

  private func map(_ change: (String) -> String) -> ChatLayout {
    func changed(_ frame: Frame) -> Frame {
      Frame(before: change(frame.before), after: change(frame.after))
    }
    var copy = self
    copy.opening = change(opening)
    copy.closing = change(closing)
    copy.generation = change(generation)
    copy.endOfTurn = change(endOfTurn)
    copy.user = changed(user)
    copy.assistant = changed(assistant)
    copy.laterSystem = laterSystem.map(changed)
    copy.system =
      switch system {
      case .turn(let frame): .turn(changed(frame))
      case .inFirstUser(let frame): .inFirstUser(changed(frame))
      case .inLastUser(let frame): .inLastUser(changed(frame))
      case .refused: .refused
      }
    return copy
  }

  func mentions(_ mark: String) -> Bool { self != map { $0.replacing(mark, with: "") } }

  mutating func replace(_ mark: String, with token: String) {
    self = map { $0.replacing(mark, with: token) }
  }

  // MARK: The conversation

  func parts(
    _ messages: [ChatMessage], addsGenerationPrompt: Bool
  ) throws(TokenizerError) -> [TextPart] {
    guard !messages.isEmpty else {
      throw fault("messages", "at least one message", "none")
    }
    var parts: [TextPart] = [.marks(opening)]
    var turns = messages[...]
    var leading: String?
    if messages[0].role == .system {
      leading = turns.removeFirst().content
    } else {
      leading = defaultSystem
    }
    if let leading {
      switch system {
      case .turn(let frame):
        if !(dropsEmptySystem && leading.isEmpty) {
          parts += framed([.content(leading)], frame, trims: trims == .all)
        }
      case .refused: throw fault("messages[0].role", "user", "system, which the template refuses")
      case .inFirstUser, .inLastUser: break
      }
    }
    for (index, message) in turns.enumerated() {
      let place = "messages[\(index + messages.count - turns.count)].role"
      if alternates {
        let expected: ChatMessage.Role = index.isMultiple(of: 2) ? .user : .assistant
        guard message.role == expected else {
          throw fault(place, "\(expected), as the roles take turns", "\(message.role)")
        }
      }
      switch message.role {
      case .system:
        guard let laterSystem else { throw fault(place, "user or assistant", "system") }
        if !(dropsEmptySystem && message.content.isEmpty) {
          parts += framed([.content(message.content)], laterSystem, trims: trims == .all)
        }
      case .user:
        let before = words(
          of: leading, beforeFirst: index == 0, beforeLast: index == turns.count - 1)
        parts += framed(before + [.content(message.content)], user, trims: trims == .all)
      case .assistant:
        parts += framed([.content(message.content)], assistant, trims: trims != .none)
      }
    }
    parts.append(.marks(addsGenerationPrompt ? generation : closing))
    return parts.filter { !$0.text.isEmpty }
  }

  /// The system message as it is written inside a user message.
  private func words(of system: String?, beforeFirst: Bool, beforeLast: Bool) -> [TextPart] {
    guard let system else { return [] }
    return switch self.system {
    case .inFirstUser(let frame) where beforeFirst: framed([.content(system)], frame, trims: false)
    case .inLastUser(let frame) where beforeLast: framed([.content(system)], frame, trims: false)
    default: []
    }
  }

  private func framed(_ content: [TextPart], _ frame: Frame, trims: Bool) -> [TextPart] {
    [.marks(frame.before)] + (trims ? content.trimmed() : content) + [.marks(frame.after)]
  }

  private func fault(_ field: String, _ expected: String, _ found: String) -> TokenizerError {
    TokenizerError(source: "conversation", field: field, expected: expected, found: found)
  }
}

extension TextPart {
  /// Text of the template, in which special tokens are parsed.
  fileprivate static func marks(_ text: String) -> TextPart {
    TextPart(text, parsesSpecialTokens: true)
  }

  /// Text of a message.
  fileprivate static func content(_ text: String) -> TextPart {
    TextPart(text, parsesSpecialTokens: false)
  }
}

extension [TextPart] {
  /// The parts without the white space at the ends of their common text.
  fileprivate func trimmed() -> [TextPart] {
    var parts = self
    while let first = parts.first {
      parts[0].text = String(String.UnicodeScalarView(first.scalars.drop(while: isSpace)))
      if !parts[0].text.isEmpty { break }
      parts.removeFirst()
    }
    while let last = parts.last {
      let kept = last.scalars.reversed().drop(while: isSpace).reversed()
      parts[parts.count - 1].text = String(String.UnicodeScalarView(kept))
      if !parts[parts.count - 1].text.isEmpty { break }
      parts.removeLast()
    }
    return parts
  }

  /// True for what Python's `strip` takes for white space: also the four information separators.
  private func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isWhitespace || (0x1C...0x1F).contains(scalar.value)
  }
}

extension TextPart {
  fileprivate var scalars: [Unicode.Scalar] { Array(text.unicodeScalars) }
}
